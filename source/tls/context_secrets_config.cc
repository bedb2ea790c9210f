// What a reference to a secret stands for.
#include "absl/strings/str_cat.h"
#include "envoy/config/core/v3/config_source.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"
#include "source/tls/context_secrets.h"
#include "source/tls/secret_source_config.h"

namespace sluice {

const SecretStore::Secret* ContextSecrets::Find(
    const envoy::extensions::transport_sockets::tls::v3::SdsSecretConfig& reference,
    const FieldScope& scope) {
  if (!reference.has_sds_config()) {
    const SecretStore::SharedSecret secret = store_.FindStatic(reference.name());
    if (secret == nullptr) {
      scope.At("name").Error(absl::StrCat("names no secret: \"", reference.name(), "\""),
                             "static_resources.secrets holds them, sds_config fetches them");
    }
    return secret.get();
  }
  const SecretKey key{SecretSourceKey(reference.sds_config()), reference.name()};
  const Slot* slot = FindSlot(key);
  if (slot == nullptr) {
    const FieldScope config = scope.At("sds_config");
    auto asked = Ask(reference.sds_config(), key, SecretPatience(reference.sds_config(), config));
    if (!asked.ok()) {
      config.Error(asked.status().message());
      return nullptr;
    }
    slot = *asked;
  }
  return first_pass_ ? nullptr : slot->secret.get();
}

}  // namespace sluice
