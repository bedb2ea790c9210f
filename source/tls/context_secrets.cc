#include "source/tls/context_secrets.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"

namespace sluice {

ContextSecrets::Slot* ContextSecrets::FindSlot(const SecretKey& key) const {
  for (const auto& slot : slots_) {
    if (slot->key.name == key.name && slot->key.source == key.source) return slot.get();
  }
  return nullptr;
}

absl::StatusOr<ContextSecrets::Slot*> ContextSecrets::Ask(
    const envoy::config::core::v3::ConfigSource& from, const SecretKey& key, Duration patience) {
  auto slot = std::make_unique<Slot>();
  slot->key = key;
  auto watch = store_.WatchFor(
      from, key, patience,
      {.on_secret = [this, at = slot.get()](
                        const SecretStore::SharedSecret& secret) { return OnSecret(*at, secret); },
       .on_late =
           [this, at = slot.get()] {
             if (at->need.must_come()) return;
             std::vector<WarmGate::Need> needs;
             needs.push_back(std::move(at->need));
             HaveCome(std::move(needs));
           }});
  if (!watch.ok()) return watch.status();
  slot->watch = *std::move(watch);
  slot->secret = slot->watch->current();
  if (slot->secret == nullptr) {
    if (gate_ == nullptr) {
      return absl::FailedPreconditionError(
          "has no such secret yet, and nothing can wait for it here");
    }
    slot->need = gate_->Wait(absl::StrCat("secret ", key.name));
  }
  slots_.push_back(std::move(slot));
  return slots_.back().get();
}

bool ContextSecrets::complete() const {
  return absl::c_all_of(slots_, [](const auto& slot) { return slot->secret != nullptr; });
}

void ContextSecrets::WhenChanged(bool has_one, std::function<absl::Status()> make) {
  gate_ = nullptr;
  has_context_ = has_one;
  make_ = std::move(make);
}

absl::Status ContextSecrets::OnSecret(Slot& slot, const SecretStore::SharedSecret& secret) {
  const SecretStore::SharedSecret old = std::exchange(slot.secret, secret);
  std::vector<WarmGate::Need> needs;
  if (complete()) {
    const absl::Status status = make_ == nullptr ? absl::OkStatus() : make_();
    if (!status.ok()) {
      // Without a context it may be one of the others that is no good: the newest of all are tried.
      if (has_context_) slot.secret = old;
      return status;
    }
    has_context_ = true;
    for (const auto& each : slots_) needs.push_back(std::move(each->need));
  } else {
    needs.push_back(std::move(slot.need));
  }
  HaveCome(std::move(needs));
  return absl::OkStatus();
}

// In a later turn, as what it opens may end others of the secret's users.
void ContextSecrets::HaveCome(std::vector<WarmGate::Need> needs) {
  if (absl::c_none_of(needs, [](const WarmGate::Need& need) { return need.waits(); })) return;
  main_.loop.Post([needs = std::move(needs)]() mutable { needs.clear(); });
}

}  // namespace sluice
