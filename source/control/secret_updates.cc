#include "source/control/secret_updates.h"

#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"

namespace sluice {

using SecretProto = envoy::extensions::transport_sockets::tls::v3::Secret;

class SecretUpdates::OneFetch final : public SecretFetch {
 public:
  OneFetch(SecretUpdates& owner, const SecretKey& key) : owner_(owner), key_(key) {}
  ~OneFetch() override {
    if (owner_.get() != nullptr) owner_->Unwant(key_);
  }

 private:
  Link<SecretUpdates> owner_;
  const SecretKey key_;
};

std::unique_ptr<SecretFetch> SecretUpdates::Fetch(const SecretKey& key) {
  keys_[key.name].insert(key);
  source_->Want(kSecretType, key.name, Duration::zero());
  const auto known = records_.find(key.name);
  auto secret = std::make_shared<SecretProto>();
  if (known != records_.end() && secret->ParseFromString(known->second.body)) {
    // Not from inside of the call that asks for it.
    again_.push_back(key);
    loop_.AtEndOfTurn(*this);
  }
  return std::make_unique<OneFetch>(*this, key);
}

void SecretUpdates::RunEndOfTurn() {
  for (const SecretKey& key : std::exchange(again_, {})) {
    const auto known = records_.find(key.name);
    const auto keys = keys_.find(key.name);
    if (known == records_.end() || keys == keys_.end() || !keys->second.contains(key)) continue;
    auto secret = std::make_shared<SecretProto>();
    if (!secret->ParseFromString(known->second.body)) continue;
    const absl::Status status = store_.Set(key, std::move(secret));
    if (status.ok()) continue;
    known->second.refused =
        std::make_shared<const Refusal>(Refusal{{}, std::string(status.message()), {}, {}});
  }
}

std::vector<AwaitedName> SecretUpdates::Awaited() const {
  std::vector<AwaitedName> names;
  for (const auto& [name, keys] : keys_) {
    if (!records_.contains(name)) names.push_back({name, missing_.contains(name)});
  }
  return names;
}

void SecretUpdates::Unwant(const SecretKey& key) {
  const auto at = keys_.find(key.name);
  at->second.erase(key);
  if (!at->second.empty()) return;
  keys_.erase(at);
  records_.erase(key.name);
  missing_.erase(key.name);
  source_->Unwant(kSecretType, key.name);
  on_unwanted_();
}

std::vector<ResourceError> SecretUpdates::OnResources(const std::vector<Resource>& resources,
                                                      const std::vector<std::string>& gone) {
  for (const std::string& name : gone) {
    const auto keys = keys_.find(name);
    if (keys == keys_.end()) continue;
    for (const SecretKey& key : keys->second) store_.Remove(key);
    missing_.insert(name);
    Forget(records_, name);  // as it was before, it is news to the store when it comes again
  }
  for (const Resource& resource : resources) missing_.erase(resource.name);
  return UpdateResources<SecretProto>(
      resources, loop_.wall_now(), records_,
      [this](const SecretProto& proto, const std::string&, const FieldScope& scope) {
        const auto keys = keys_.find(proto.name());
        if (keys == keys_.end()) return;
        const auto secret = std::make_shared<const SecretProto>(proto);
        for (const SecretKey& key : keys->second) {
          const absl::Status status = store_.Set(key, secret);
          if (!status.ok()) scope.Error(std::string(status.message()));
        }
      });
}

void SecretUpdates::OnMissing(const std::string& name) {
  const auto keys = keys_.find(name);
  if (keys == keys_.end()) return;
  missing_.insert(name);
  for (const SecretKey& key : keys->second) store_.Miss(key);
}

}  // namespace sluice
