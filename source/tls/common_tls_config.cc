#include "source/tls/common_tls_config.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "envoy/config/core/v3/base.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/common.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/tls.pb.h"
#include "source/config/proto_fields.h"
#include "source/tls/data_source_config.h"

namespace sluice {
namespace {

namespace pb = envoy::extensions::transport_sockets::tls::v3;

constexpr size_t kAlpnBytesMax = 255;  // RFC 7301 section 3.1

uint16_t VersionOr(pb::TlsParameters::TlsProtocol version, uint16_t automatic) {
  switch (version) {
    case pb::TlsParameters::TLSv1_0:
      return 0x0301;
    case pb::TlsParameters::TLSv1_1:
      return 0x0302;
    case pb::TlsParameters::TLSv1_2:
      return 0x0303;
    case pb::TlsParameters::TLSv1_3:
      return 0x0304;
    default:
      return automatic;
  }
}

void ReadParams(const pb::TlsParameters& proto, const FieldScope& scope, TlsParams& params) {
  params.version_min = VersionOr(proto.tls_minimum_protocol_version(), params.version_min);
  params.version_max = VersionOr(proto.tls_maximum_protocol_version(), params.version_max);
  if (params.version_min > params.version_max) {
    scope.At("tls_minimum_protocol_version")
        .Error("is above the maximum", "the default minimum is TLSv1_2, the maximum TLSv1_3");
  }
  if (proto.cipher_suites_size() > 0) {
    params.cipher_suites = absl::StrJoin(proto.cipher_suites(), ":");
  }
  if (proto.ecdh_curves_size() > 0) params.curves = absl::StrJoin(proto.ecdh_curves(), ":");
  params.signature_algorithms = absl::StrJoin(proto.signature_algorithms(), ":");
}

void ReadCertificates(const pb::CommonTlsContext& proto, ContextSecrets& secrets,
                      const FieldScope& scope, CommonTlsConfig& config) {
  for (int i = 0; i < proto.tls_certificates_size(); ++i) {
    ReadCertificate(proto.tls_certificates(i),
                    absl::StrCat(config.field, ".tls_certificates[", i, "]"),
                    scope.At("tls_certificates", i), config);
  }
  for (int i = 0; i < proto.tls_certificate_sds_secret_configs_size(); ++i) {
    const FieldScope reference = scope.At("tls_certificate_sds_secret_configs", i);
    const pb::Secret* secret = secrets.Find(proto.tls_certificate_sds_secret_configs(i), reference);
    if (secret == nullptr) continue;
    if (!secret->has_tls_certificate()) {
      reference.At("name").Error("names a secret that holds no tls_certificate");
      continue;
    }
    ReadCertificate(
        secret->tls_certificate(),
        absl::StrCat(config.field, ".tls_certificate_sds_secret_configs[", i, "].tls_certificate"),
        reference, config);
  }
}

const pb::CertificateValidationContext* SecretVerify(const pb::SdsSecretConfig& reference,
                                                     ContextSecrets& secrets,
                                                     const FieldScope& scope) {
  const pb::Secret* secret = secrets.Find(reference, scope);
  if (secret == nullptr) return nullptr;
  if (secret->has_validation_context()) return &secret->validation_context();
  scope.At("name").Error("names a secret that holds no validation_context");
  return nullptr;
}

void ReadValidation(const pb::CommonTlsContext& proto, ContextSecrets& secrets,
                    const FieldScope& scope, CommonTlsConfig& config) {
  if (proto.has_validation_context()) {
    ReadVerify(proto.validation_context(), absl::StrCat(config.field, ".validation_context"),
               VerifyPart::kWhole, scope.At("validation_context"), config);
  } else if (proto.has_validation_context_sds_secret_config()) {
    const FieldScope reference = scope.At("validation_context_sds_secret_config");
    const auto* verify =
        SecretVerify(proto.validation_context_sds_secret_config(), secrets, reference);
    if (verify == nullptr) return;
    ReadVerify(*verify, absl::StrCat(config.field, ".validation_context_sds_secret_config"),
               VerifyPart::kWhole, reference, config);
  } else if (proto.has_combined_validation_context()) {
    const FieldScope combined = scope.At("combined_validation_context");
    const FieldScope reference = combined.At("validation_context_sds_secret_config");
    const auto* verify =
        SecretVerify(proto.combined_validation_context().validation_context_sds_secret_config(),
                     secrets, reference);
    if (verify == nullptr) return;
    pb::CertificateValidationContext merged =
        proto.combined_validation_context().default_validation_context();
    merged.MergeFrom(*verify);
    ReadVerify(merged, absl::StrCat(config.field, ".combined_validation_context"),
               VerifyPart::kWhole, combined, config);
  }
}

}  // namespace

void ReadCertificate(const pb::TlsCertificate& proto, std::string field, const FieldScope& scope,
                     CommonTlsConfig& config) {
  CertificateConfig certificate{.field = std::move(field)};
  if (proto.has_pkcs12()) {
    if (proto.has_certificate_chain() || proto.has_private_key()) {
      scope.At("pkcs12").Error("stands beside certificate_chain or private_key",
                               "it holds both itself");
    }
    certificate.pkcs12 = ReadTlsSource(proto.pkcs12(), scope.At("pkcs12"));
  } else {
    if (Required(proto, "certificate_chain", scope)) {
      certificate.certificate_chain =
          ReadTlsSource(proto.certificate_chain(), scope.At("certificate_chain"));
    }
    if (Required(proto, "private_key", scope)) {
      certificate.private_key = ReadTlsSource(proto.private_key(), scope.At("private_key"));
    }
  }
  if (proto.has_password()) {
    certificate.password = ReadTlsSource(proto.password(), scope.At("password"));
  }
  if (proto.has_ocsp_staple()) {
    certificate.ocsp_staple = ReadTlsSource(proto.ocsp_staple(), scope.At("ocsp_staple"));
  }
  if (proto.has_watched_directory()) {
    config.watched_directories.push_back(proto.watched_directory().path());
  }
  config.certificates.push_back(std::move(certificate));
}

void ReadCommonTls(const pb::CommonTlsContext& proto, ContextSecrets& secrets,
                   const FieldScope& scope, CommonTlsConfig& config) {
  if (proto.has_tls_params()) ReadParams(proto.tls_params(), scope.At("tls_params"), config.params);
  ReadCertificates(proto, secrets, scope, config);
  ReadValidation(proto, secrets, scope, config);
  for (int i = 0; i < proto.alpn_protocols_size(); ++i) {
    const std::string& protocol = proto.alpn_protocols(i);
    if (protocol.empty() || protocol.size() > kAlpnBytesMax) {
      scope.At("alpn_protocols", i).Error(absl::StrCat("must have 1 to ", kAlpnBytesMax, " bytes"));
    }
    config.alpn.push_back(protocol);
  }
}

void ReadTicketKeys(const pb::TlsSessionTicketKeys& proto, const FieldScope& scope,
                    ServerTlsConfig& config) {
  for (int i = 0; i < proto.keys_size(); ++i) {
    config.ticket_keys.push_back(ReadTlsSource(proto.keys(i), scope.At("keys", i)));
  }
}

}  // namespace sluice
