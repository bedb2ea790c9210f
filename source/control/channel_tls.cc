#include "source/control/channel_tls.h"

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "envoy/config/core/v3/config_source.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/tls.pb.h"
#include "google/protobuf/message.h"
#include "source/base/log.h"
#include "source/base/status_macros.h"
#include "source/config/any_unpack.h"
#include "source/control/secret_file.h"
#include "source/tls/data_source_config.h"

namespace sluice {
namespace {

namespace tls = envoy::extensions::transport_sockets::tls::v3;
namespace core = envoy::config::core::v3;
using Validation = tls::CertificateValidationContext;

constexpr absl::string_view kRawBuffer =
    "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer";

// gRPC makes the connection, and does less than our own TLS. What it would pass over is refused:
// who sets a field here believes that it guards whom this proxy obeys.
void RefuseOthers(const google::protobuf::Message& message,
                  std::initializer_list<std::string_view> known, const FieldScope& scope) {
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const google::protobuf::FieldDescriptor* field : fields) {
    if (absl::c_linear_search(known, std::string_view(field->name()))) continue;
    scope.At(field->name())
        .Error("has no effect on connections to a control plane", "leave it out");
  }
}

// What a connection is made from; files of it may be missing until then.
struct Parts {
  Validation validation;
  tls::TlsCertificate certificate;
  std::optional<SecretFile> validation_file, certificate_file;
  bool must_be_host = false;
  std::string sni;
};

CertificateName ReadName(const tls::SubjectAltNameMatcher& proto, const FieldScope& scope) {
  RefuseOthers(proto, {"san_type", "matcher"}, scope);
  const FieldScope matcher = scope.At("matcher");
  const std::string& exact = proto.matcher().exact();
  if (exact.empty()) {
    matcher.Error("must be exact", "the names of a control plane are compared as they stand");
  } else {
    RefuseOthers(proto.matcher(), {"exact"}, matcher);
  }
  switch (proto.san_type()) {
    case tls::SubjectAltNameMatcher::DNS:
      return {CertificateName::Type::kDns, exact};
    case tls::SubjectAltNameMatcher::URI:
      return {CertificateName::Type::kUri, exact};
    case tls::SubjectAltNameMatcher::IP_ADDRESS:
      return {CertificateName::Type::kIp, exact};
    default:
      scope.At("san_type").Error("must be DNS, URI or IP_ADDRESS");
      return {};
  }
}

std::vector<CertificateName> ReadNames(const Validation& proto, const FieldScope& scope) {
  std::vector<CertificateName> names;
  for (int i = 0; i < proto.match_typed_subject_alt_names_size(); ++i) {
    names.push_back(ReadName(proto.match_typed_subject_alt_names(i),
                             scope.At("match_typed_subject_alt_names", i)));
  }
  return names;
}

// Not set: it names no authority.
TlsSource ReadRoots(const Validation& proto, const FieldScope& scope) {
  if (proto.has_trusted_ca() && proto.has_system_root_certs()) {
    scope.At("system_root_certs").Error("stands beside trusted_ca", "set one of them");
  }
  if (proto.has_trusted_ca()) return ReadTlsSource(proto.trusted_ca(), scope.At("trusted_ca"));
  return proto.has_system_root_certs() ? SystemRoots() : TlsSource();
}

// The mistakes of a part, whatever is to be added to it.
void CheckValidation(const Validation& proto, const FieldScope& scope) {
  RefuseOthers(
      proto,
      {"trusted_ca", "system_root_certs", "match_typed_subject_alt_names", "watched_directory"},
      scope);
  ReadRoots(proto, scope);
  ReadNames(proto, scope);
}

void ReadValidation(const tls::CommonTlsContext& proto, const FieldScope& scope, Parts& parts) {
  if (proto.has_combined_validation_context()) {
    const FieldScope at = scope.At("combined_validation_context");
    const auto& combined = proto.combined_validation_context();
    RefuseOthers(combined, {"default_validation_context", "validation_context_sds_secret_config"},
                 at);
    parts.validation = combined.default_validation_context();
    CheckValidation(parts.validation, at.At("default_validation_context"));
    parts.validation_file = ReadSecretFile(combined.validation_context_sds_secret_config(),
                                           at.At("validation_context_sds_secret_config"));
    return;
  }
  if (proto.has_validation_context_sds_secret_config()) {
    parts.validation_file = ReadSecretFile(proto.validation_context_sds_secret_config(),
                                           scope.At("validation_context_sds_secret_config"));
    return;
  }
  parts.validation = proto.validation_context();
  CheckValidation(parts.validation, scope.At("validation_context"));
}

void CheckCertificate(const tls::TlsCertificate& proto, const FieldScope& scope) {
  RefuseOthers(proto, {"certificate_chain", "private_key", "watched_directory"}, scope);
  ReadTlsSource(proto.certificate_chain(), scope.At("certificate_chain"));
  ReadTlsSource(proto.private_key(), scope.At("private_key"));
}

void ReadCertificate(const tls::CommonTlsContext& proto, const FieldScope& scope, Parts& parts) {
  const auto refuse_second = [&](std::string_view field, int count) {
    if (count > 1) scope.At(field, 1).Error("is one too many", "gRPC shows one certificate");
  };
  refuse_second("tls_certificates", proto.tls_certificates_size());
  refuse_second("tls_certificate_sds_secret_configs",
                proto.tls_certificate_sds_secret_configs_size());
  if (proto.tls_certificates_size() > 0) {
    parts.certificate = proto.tls_certificates(0);
    CheckCertificate(parts.certificate, scope.At("tls_certificates", 0));
  } else if (proto.tls_certificate_sds_secret_configs_size() > 0) {
    parts.certificate_file = ReadSecretFile(proto.tls_certificate_sds_secret_configs(0),
                                            scope.At("tls_certificate_sds_secret_configs", 0));
  }
}

// As gRPC has it; there is no word for anything else.
void CheckProtocols(const tls::CommonTlsContext& proto, const FieldScope& scope) {
  const FieldScope at = scope.At("tls_params");
  const auto& params = proto.tls_params();
  RefuseOthers(params, {"tls_minimum_protocol_version", "tls_maximum_protocol_version"}, at);
  const auto check = [&](std::string_view field, tls::TlsParameters::TlsProtocol version,
                         tls::TlsParameters::TlsProtocol spoken) {
    if (version == tls::TlsParameters::TLS_AUTO || version == spoken) return;
    at.At(field).Error("is not what gRPC speaks", "that is TLSv1_2 and TLSv1_3");
  };
  check("tls_minimum_protocol_version", params.tls_minimum_protocol_version(),
        tls::TlsParameters::TLSv1_2);
  check("tls_maximum_protocol_version", params.tls_maximum_protocol_version(),
        tls::TlsParameters::TLSv1_3);
  for (const std::string& name : proto.alpn_protocols()) {
    if (name != "h2") scope.At("alpn_protocols").Error("must be h2", "gRPC speaks HTTP/2");
  }
}

// It has to name an authority where anything is asked of the server, and says so itself otherwise.
void CheckAuthority(const Parts& parts, const FieldScope& scope) {
  if (parts.validation_file.has_value() || parts.validation.has_trusted_ca() ||
      parts.validation.has_system_root_certs()) {
    return;
  }
  if (parts.must_be_host || parts.validation.match_typed_subject_alt_names_size() > 0) {
    return scope.At("common_tls_context.validation_context")
        .Error("names no authority that could vouch for a name",
               "set trusted_ca or system_root_certs");
  }
  SLUICE_LOG(kConfig, kWarning, scope.Path(),
             " names no authority: whoever answers is believed to be the control plane");
}

// ---- For a connection.

absl::StatusOr<std::string> LoadRoots(const TlsSource& source) {
  absl::StatusOr<std::string> pem = source.Read();
  RETURN_IF_ERROR(pem.status());
  const std::string& from = source.filename.empty() ? "trusted_ca" : source.filename;
  if (!absl::StrContains(*pem, "-----BEGIN CERTIFICATE-----") &&
      !absl::StrContains(*pem, "-----BEGIN TRUSTED CERTIFICATE-----")) {
    return absl::InvalidArgumentError(absl::StrCat(from, " holds no certificate in PEM form"));
  }
  if (absl::StrContains(*pem, "-----BEGIN X509 CRL-----")) {
    return absl::InvalidArgumentError(absl::StrCat(
        from, " holds a revocation list, which nobody would look at for a control plane"));
  }
  return pem;
}

absl::Status LoadValidation(const Parts& parts, ChannelTls& tls) {
  Validation validation = parts.validation;
  ConfigErrors errors;
  const FieldScope scope(errors, "validation_context");
  if (parts.validation_file.has_value()) {
    const absl::StatusOr<tls::Secret> secret = parts.validation_file->Read();
    RETURN_IF_ERROR(secret.status());
    validation.MergeFrom(secret->validation_context());
  }
  CheckValidation(validation, scope);
  const TlsSource roots = ReadRoots(validation, scope);
  if (!roots.is_set && parts.validation_file.has_value()) {
    scope.At("trusted_ca").Error("is required", "the secret has to name who is believed");
  }
  if (!parts.must_be_host) tls.names = ReadNames(validation, scope);
  RETURN_IF_ERROR(errors.ToStatus());
  if (!roots.is_set) return absl::OkStatus();
  absl::StatusOr<std::string> pem = LoadRoots(roots);
  RETURN_IF_ERROR(pem.status());
  tls.roots = *std::move(pem);
  return absl::OkStatus();
}

absl::Status LoadCertificate(const Parts& parts, ChannelTls& tls) {
  tls::TlsCertificate certificate = parts.certificate;
  if (parts.certificate_file.has_value()) {
    const absl::StatusOr<tls::Secret> secret = parts.certificate_file->Read();
    RETURN_IF_ERROR(secret.status());
    certificate = secret->tls_certificate();
  } else if (!certificate.has_certificate_chain()) {
    return absl::OkStatus();
  }
  ConfigErrors errors;
  const FieldScope scope(errors, "tls_certificate");
  CheckCertificate(certificate, scope);
  RETURN_IF_ERROR(errors.ToStatus());
  const auto set = [&](const core::DataSource& source, std::string& into) {
    absl::StatusOr<std::string> read = ReadTlsSource(source, scope).Read();
    if (read.ok()) into = *std::move(read);
    return read.status();
  };
  RETURN_IF_ERROR(set(certificate.certificate_chain(), tls.certificate));
  return set(certificate.private_key(), tls.key);
}

absl::StatusOr<ChannelTls> Load(const Parts& parts) {
  ChannelTls tls{.must_be_host = parts.must_be_host, .sni = parts.sni};
  RETURN_IF_ERROR(LoadValidation(parts, tls));
  RETURN_IF_ERROR(LoadCertificate(parts, tls));
  return tls;
}

}  // namespace

ReadChannelTls ReadClusterTls(const core::TransportSocket& socket, const FieldScope& scope) {
  const auto& any = socket.typed_config();
  if (any.type_url().empty() || ContentType(any) == kRawBuffer) return nullptr;
  const FieldScope at = scope.At("typed_config");
  const auto context = Unpack<tls::UpstreamTlsContext>(any, at);
  if (!context.has_value()) return nullptr;
  RefuseOthers(*context, {"common_tls_context", "sni", "auto_sni_san_validation"}, at);
  Parts parts{.must_be_host = context->auto_sni_san_validation(), .sni = context->sni()};
  if (parts.must_be_host && parts.sni.empty()) {
    at.At("auto_sni_san_validation").Error("needs sni beside it", "it is what is validated");
  }
  const FieldScope common = at.At("common_tls_context");
  RefuseOthers(
      context->common_tls_context(),
      {"tls_params", "tls_certificates", "tls_certificate_sds_secret_configs", "validation_context",
       "validation_context_sds_secret_config", "combined_validation_context", "alpn_protocols"},
      common);
  CheckProtocols(context->common_tls_context(), common);
  ReadCertificate(context->common_tls_context(), common, parts);
  ReadValidation(context->common_tls_context(), common, parts);
  CheckAuthority(parts, at);
  return [parts] { return Load(parts); };
}

ReadChannelTls ReadGoogleTls(const core::GrpcService::GoogleGrpc::SslCredentials& proto,
                             const FieldScope& scope) {
  Parts parts{.must_be_host = true};
  if (proto.has_root_certs()) {
    ReadTlsSource(proto.root_certs(), scope.At("root_certs"));
    *parts.validation.mutable_trusted_ca() = proto.root_certs();
  } else {
    parts.validation.mutable_system_root_certs();
  }
  if (proto.has_cert_chain() != proto.has_private_key()) {
    scope.At(proto.has_cert_chain() ? "private_key" : "cert_chain").Error("is required");
  }
  if (proto.has_cert_chain() && proto.has_private_key()) {
    ReadTlsSource(proto.cert_chain(), scope.At("cert_chain"));
    ReadTlsSource(proto.private_key(), scope.At("private_key"));
    *parts.certificate.mutable_certificate_chain() = proto.cert_chain();
    *parts.certificate.mutable_private_key() = proto.private_key();
  }
  return [parts] { return Load(parts); };
}

}  // namespace sluice
