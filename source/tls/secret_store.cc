#include "source/tls/secret_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "source/base/log.h"
#include "source/tls/secret_config.h"
#include "source/tls/secret_source_config.h"

namespace sluice {

SecretStore::Stats::Stats(StatsRegistry& registry, const std::string& name) {
  const auto full = [&](absl::string_view stat) { return absl::StrCat("sds.", name, ".", stat); };
  attempt = registry.GetCounter(full("update_attempt"));
  success = registry.GetCounter(full("update_success"));
  failure = registry.GetCounter(full("update_failure"));
  rejected = registry.GetCounter(full("update_rejected"));
  late = registry.GetCounter(full("init_fetch_timeout"));
  updated_at = registry.GetGauge(full("update_time"));
}

void SecretStore::AddStatic(const Secret& secret) { statics_[SecretName(secret)] = CopyOf(secret); }

SecretStore::SharedSecret SecretStore::FindStatic(const std::string& name) const {
  const auto at = statics_.find(name);
  return at == statics_.end() ? nullptr : at->second;
}

SecretStore::Entry* SecretStore::Find(const SecretKey& key) const {
  const auto at = entries_.find(key);
  return at == entries_.end() ? nullptr : at->second.get();
}

// ---- What a source says.

absl::Status SecretStore::Set(const SecretKey& key, SharedSecret secret) {
  Entry* const entry = Find(key);
  if (entry == nullptr) return absl::OkStatus();
  entry->stats.attempt.Add(main_.stats);
  absl::Status status;
  // The files that a secret names are watched by those who use it: nothing new, nothing to do.
  if (entry->current == nullptr || !SameSecret(*entry->current, *secret)) {
    status = CheckSecret(*secret);
    if (status.ok()) status = Give(*entry, secret);
  }
  if (!status.ok()) {
    entry->stats.rejected.Add(main_.stats);
    SLUICE_LOG(kSecret, kWarning, "secret \"", key.name, "\": the new version is not used",
               entry->current == nullptr ? ": " : ", the old one stays: ", status.message());
    return absl::InvalidArgumentError(
        absl::StrCat("secret \"", key.name, "\": ", status.message()));
  }
  entry->stats.success.Add(main_.stats);
  const auto since = main_.loop.wall_now().time_since_epoch();
  entry->stats.updated_at.Set(main_.stats,
                              std::chrono::duration_cast<std::chrono::milliseconds>(since).count());
  return absl::OkStatus();
}

// What one user cannot use may be good for the others; who comes later gets what somebody uses.
absl::Status SecretStore::Give(Entry& entry, const SharedSecret& secret) {
  absl::Status first;
  bool used = entry.watches.empty();
  entry.watches.ForEach([&](Watch& watch) {
    const absl::Status status = watch.calls_.on_secret(secret);
    if (status.ok()) watch.late_.Disarm();
    used |= status.ok();
    first.Update(status);
  });
  if (used) entry.current = secret;
  return first;
}

void SecretStore::Fail(const SecretKey& key, absl::string_view reason) {
  Entry* const entry = Find(key);
  if (entry == nullptr) return;
  entry->stats.attempt.Add(main_.stats);
  entry->stats.failure.Add(main_.stats);
  SLUICE_LOG(kSecret, kWarning, "secret \"", key.name, "\" could not be fetched",
             entry->current == nullptr ? ": " : ", the old one stays: ", reason);
}

void SecretStore::Miss(const SecretKey& key) {
  Entry* const entry = Find(key);
  if (entry == nullptr || entry->current != nullptr) return;
  entry->watches.ForEach([](Watch& watch) {
    watch.late_.Disarm();
    watch.calls_.on_late();
  });
}

void SecretStore::Remove(const SecretKey& key) {
  Entry* const entry = Find(key);
  if (entry == nullptr) return;
  entry->current = nullptr;
  SLUICE_LOG(kSecret, kInfo, "secret \"", key.name, "\" is removed; who uses it goes on");
}

// ---- Users.

absl::StatusOr<std::unique_ptr<SecretStore::Watch>> SecretStore::WatchFor(
    const envoy::config::core::v3::ConfigSource& from, const SecretKey& key, Duration patience,
    Calls calls) {
  Entry* entry = Find(key);
  if (entry == nullptr) {
    entry = (entries_[key] = std::make_unique<Entry>(*this, key)).get();
    absl::StatusOr<std::unique_ptr<SecretFetch>> fetch = Fetch(from, key);
    if (!fetch.ok()) {
      entries_.erase(key);
      return fetch.status();
    }
    entry->fetch = *std::move(fetch);
  }
  return std::unique_ptr<Watch>(new Watch(*entry, std::move(calls), patience));
}

absl::StatusOr<std::unique_ptr<SecretFetch>> SecretStore::Fetch(
    const envoy::config::core::v3::ConfigSource& from, const SecretKey& key) {
  if (IsFileSource(from)) return FetchSecretFromFile(*this, files_, from, key);
  if (control_plane_ != nullptr) return control_plane_(from, key);
  return absl::UnimplementedError(
      "is not supported: secrets come from files and from static_resources.secrets");
}

SecretStore::Watch::Watch(Entry& entry, Calls calls, Duration patience)
    : entry_(entry),
      calls_(std::move(calls)),
      late_(entry.store.main_.loop, this, kMethod<&Watch::OnLate>) {
  entry.watches.PushBack(*this);
  if (entry.current == nullptr && patience > Duration::zero()) late_.Arm(patience);
}

SecretStore::Watch::~Watch() {
  Unlink();
  if (entry_ && entry_->watches.empty()) entry_->store.entries_.erase(SecretKey(entry_->key));
}

void SecretStore::Watch::OnLate() {
  entry_->stats.late.Add(entry_->store.main_.stats);
  SLUICE_LOG(kSecret, kWarning, "secret \"", entry_->key.name, "\" has not come in time");
  calls_.on_late();
}

}  // namespace sluice
