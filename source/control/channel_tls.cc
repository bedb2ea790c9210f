#include "source/control/channel_tls.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "envoy/config/core/v3/config_source.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/tls.pb.h"
#include "envoy/service/discovery/v3/discovery.pb.h"
#include "source/base/status_macros.h"
#include "source/config/any_unpack.h"
#include "source/config/bounded_file.h"
#include "source/config/config_file.h"
#include "source/tls/data_source_config.h"

namespace sluice {
namespace {

namespace tls = envoy::extensions::transport_sockets::tls::v3;
namespace core = envoy::config::core::v3;

constexpr absl::string_view kRawBuffer =
    "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer";
constexpr size_t kFileBytesMax = 16 << 20;

// A secret in a file of its own, as ConfigSource.path_config_source says.
struct SecretFile {
  std::string path;
  std::string name;

  absl::StatusOr<tls::Secret> Read() const {
    std::string text;
    RETURN_IF_ERROR(ReadBoundedFile(path, kFileBytesMax, text));
    SourceLines lines;
    ConfigErrors errors(&lines);
    envoy::service::discovery::v3::DiscoveryResponse response;
    ReadConfigText(text, FormatOfFile(path).value_or(ConfigFormat::kYaml), path, ConfigLimits(),
                   response, lines, errors);
    RETURN_IF_ERROR(errors.ToStatus());
    for (const auto& resource : response.resources()) {
      tls::Secret secret;
      if (resource.UnpackTo(&secret) && secret.name() == name) return secret;
    }
    return absl::NotFoundError(absl::StrCat(path, ": holds no secret \"", name, "\""));
  }
};

// `path` is deprecated, and still written.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
const std::string& PathOf(const core::ConfigSource& source) {
  return source.has_path_config_source() ? source.path_config_source().path() : source.path();
}
#pragma GCC diagnostic pop

std::optional<SecretFile> ReadSecretFile(const tls::SdsSecretConfig& proto,
                                         const FieldScope& scope) {
  const std::string& path = PathOf(proto.sds_config());
  if (!path.empty()) return SecretFile{path, proto.name()};
  scope.At("sds_config").Error("must be a file: the control plane cannot be asked how to ask it");
  return std::nullopt;
}

// What a connection is made from; files of it may be missing until then.
struct Parts {
  TlsSource roots, certificate, key;
  std::optional<SecretFile> roots_file, certificate_file;
  std::vector<std::string> names;
  std::string sni;
};

void ReadNames(const tls::CertificateValidationContext& proto, const FieldScope& scope,
               std::vector<std::string>& names) {
  for (int i = 0; i < proto.match_typed_subject_alt_names_size(); ++i) {
    const FieldScope at = scope.At("match_typed_subject_alt_names", i);
    const std::string& exact = proto.match_typed_subject_alt_names(i).matcher().exact();
    if (exact.empty()) {
      at.At("matcher").Error("must be exact",
                             "the names of a control plane are compared as they stand");
    }
    names.push_back(exact);
  }
}

void ReadValidation(const tls::CommonTlsContext& proto, const FieldScope& scope, Parts& parts) {
  const FieldScope combined = scope.At("combined_validation_context");
  const bool is_combined = proto.has_combined_validation_context();
  const auto& context = is_combined
                            ? proto.combined_validation_context().default_validation_context()
                            : proto.validation_context();
  const FieldScope at =
      is_combined ? combined.At("default_validation_context") : scope.At("validation_context");
  if (context.has_trusted_ca()) {
    parts.roots = ReadTlsSource(context.trusted_ca(), at.At("trusted_ca"));
  }
  ReadNames(context, at, parts.names);
  if (is_combined) {
    parts.roots_file =
        ReadSecretFile(proto.combined_validation_context().validation_context_sds_secret_config(),
                       combined.At("validation_context_sds_secret_config"));
  } else if (proto.has_validation_context_sds_secret_config()) {
    parts.roots_file = ReadSecretFile(proto.validation_context_sds_secret_config(),
                                      scope.At("validation_context_sds_secret_config"));
  }
}

void ReadCertificate(const tls::CommonTlsContext& proto, const FieldScope& scope, Parts& parts) {
  if (proto.tls_certificates_size() > 0) {
    const FieldScope at = scope.At("tls_certificates", 0);
    const auto& certificate = proto.tls_certificates(0);
    parts.certificate = ReadTlsSource(certificate.certificate_chain(), at.At("certificate_chain"));
    parts.key = ReadTlsSource(certificate.private_key(), at.At("private_key"));
  } else if (proto.tls_certificate_sds_secret_configs_size() > 0) {
    parts.certificate_file = ReadSecretFile(proto.tls_certificate_sds_secret_configs(0),
                                            scope.At("tls_certificate_sds_secret_configs", 0));
  }
}

// The source that a secret from a file holds in turn.
absl::StatusOr<std::string> ReadInner(const core::DataSource& source) {
  ConfigErrors errors;
  const TlsSource inner = ReadTlsSource(source, FieldScope(errors, "secret"));
  RETURN_IF_ERROR(errors.ToStatus());
  return inner.Read();
}

absl::StatusOr<ChannelTls> Load(const Parts& parts) {
  ChannelTls tls{.names = parts.names, .sni = parts.sni};
  const auto set = [](absl::StatusOr<std::string> read, std::string& into) {
    if (read.ok()) into = *std::move(read);
    return read.status();
  };
  RETURN_IF_ERROR(set(parts.roots.Read(), tls.roots));
  RETURN_IF_ERROR(set(parts.certificate.Read(), tls.certificate));
  RETURN_IF_ERROR(set(parts.key.Read(), tls.key));
  if (parts.roots_file.has_value()) {
    const auto secret = parts.roots_file->Read();
    RETURN_IF_ERROR(secret.status());
    RETURN_IF_ERROR(set(ReadInner(secret->validation_context().trusted_ca()), tls.roots));
    ConfigErrors errors;
    ReadNames(secret->validation_context(), FieldScope(errors, "validation_context"), tls.names);
    RETURN_IF_ERROR(errors.ToStatus());
  }
  if (parts.certificate_file.has_value()) {
    const auto secret = parts.certificate_file->Read();
    RETURN_IF_ERROR(secret.status());
    const auto& certificate = secret->tls_certificate();
    RETURN_IF_ERROR(set(ReadInner(certificate.certificate_chain()), tls.certificate));
    RETURN_IF_ERROR(set(ReadInner(certificate.private_key()), tls.key));
  }
  return tls;
}

}  // namespace

ReadChannelTls ReadClusterTls(const core::TransportSocket& socket, const FieldScope& scope) {
  const auto& any = socket.typed_config();
  if (any.type_url().empty() || ContentType(any) == kRawBuffer) return nullptr;
  const FieldScope at = scope.At("typed_config");
  const auto context = Unpack<tls::UpstreamTlsContext>(any, at);
  if (!context.has_value()) return nullptr;
  Parts parts{.sni = context->sni()};
  const FieldScope common = at.At("common_tls_context");
  ReadCertificate(context->common_tls_context(), common, parts);
  ReadValidation(context->common_tls_context(), common, parts);
  return [parts] { return Load(parts); };
}

ReadChannelTls ReadGoogleTls(const core::GrpcService::GoogleGrpc::SslCredentials& proto,
                             const FieldScope& scope) {
  Parts parts;
  if (proto.has_root_certs()) {
    parts.roots = ReadTlsSource(proto.root_certs(), scope.At("root_certs"));
  }
  if (proto.has_cert_chain()) {
    parts.certificate = ReadTlsSource(proto.cert_chain(), scope.At("cert_chain"));
  }
  if (proto.has_private_key()) {
    parts.key = ReadTlsSource(proto.private_key(), scope.At("private_key"));
  }
  return [parts] { return Load(parts); };
}

}  // namespace sluice
