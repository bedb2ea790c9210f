#include "source/control/secret_file.h"

#include "absl/strings/str_cat.h"
#include "envoy/config/core/v3/config_source.pb.h"
#include "envoy/service/discovery/v3/discovery.pb.h"
#include "source/base/status_macros.h"
#include "source/config/bounded_file.h"
#include "source/config/config_file.h"

namespace sluice {
namespace {

namespace discovery = envoy::service::discovery::v3;
using Secret = envoy::extensions::transport_sockets::tls::v3::Secret;
using ConfigSource = envoy::config::core::v3::ConfigSource;

constexpr size_t kFileBytesMax = 16 << 20;

// `path` is deprecated, and still written.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
const std::string& PathOf(const ConfigSource& source) {
  return source.has_path_config_source() ? source.path_config_source().path() : source.path();
}
#pragma GCC diagnostic pop

// As a control plane's, it may be in a Resource.
bool ReadSecret(const google::protobuf::Any& any, Secret& into) {
  discovery::Resource wrapper;
  if (any.Is<discovery::Resource>()) {
    return any.UnpackTo(&wrapper) && wrapper.resource().UnpackTo(&into);
  }
  return any.UnpackTo(&into);
}

}  // namespace

absl::StatusOr<Secret> SecretFile::Read() const {
  std::string text;
  RETURN_IF_ERROR(ReadBoundedFile(path, kFileBytesMax, text));
  SourceLines lines;
  ConfigErrors errors(&lines);
  discovery::DiscoveryResponse response;
  ReadConfigText(text, FormatOfFile(path).value_or(ConfigFormat::kYaml), path, ConfigLimits(),
                 response, lines, errors);
  RETURN_IF_ERROR(errors.ToStatus());
  for (const auto& resource : response.resources()) {
    Secret secret;
    if (ReadSecret(resource, secret) && secret.name() == name) return secret;
  }
  return absl::NotFoundError(absl::StrCat(path, ": holds no secret \"", name, "\""));
}

std::optional<SecretFile> ReadSecretFile(
    const envoy::extensions::transport_sockets::tls::v3::SdsSecretConfig& proto,
    const FieldScope& scope) {
  const std::string& path = PathOf(proto.sds_config());
  if (!path.empty()) return SecretFile{path, proto.name()};
  scope.At("sds_config").Error("must be a file: the control plane cannot be asked how to ask it");
  return std::nullopt;
}

}  // namespace sluice
