// SecretFile: a secret of a connection to a control plane, which cannot come by discovery: in a
// file of its own, as ConfigSource.path_config_source says. A value; main thread.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"
#include "source/config/field_scope.h"

namespace sluice {

struct SecretFile {
  std::string path;
  std::string name;

  // As the file is now.
  absl::StatusOr<envoy::extensions::transport_sockets::tls::v3::Secret> Read() const;
};

// Nullopt, and an error, where it is to come from elsewhere.
std::optional<SecretFile> ReadSecretFile(
    const envoy::extensions::transport_sockets::tls::v3::SdsSecretConfig& proto,
    const FieldScope& scope);

}  // namespace sluice
