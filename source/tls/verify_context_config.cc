// CertificateValidationContext into a VerifyConfig.
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "envoy/config/core/v3/base.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/common.pb.h"
#include "envoy/type/matcher/v3/string.pb.h"
#include "source/config/proto_fields.h"
#include "source/tls/common_tls_config.h"
#include "source/tls/data_source_config.h"

namespace sluice {
namespace {

namespace pb = envoy::extensions::transport_sockets::tls::v3;
using StringMatcher = envoy::type::matcher::v3::StringMatcher;

std::optional<Sha256> DigestOf(const std::string& bytes) {
  Sha256 digest;
  if (bytes.size() != digest.size()) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), digest.begin());
  return digest;
}

// 64 hexadecimal digits, with or without a colon after every two.
std::optional<Sha256> ReadHash(const std::string& text) {
  const std::string digits = absl::StrReplaceAll(text, {{":", ""}});
  for (const char c : digits) {
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) return std::nullopt;
  }
  if (digits.size() != 2 * Sha256().size()) return std::nullopt;
  return DigestOf(absl::HexStringToBytes(digits));
}

void ReadPins(const pb::CertificateValidationContext& proto, const FieldScope& scope,
              VerifyConfig& verify) {
  for (int i = 0; i < proto.verify_certificate_hash_size(); ++i) {
    const auto digest = ReadHash(proto.verify_certificate_hash(i));
    if (digest.has_value()) {
      verify.certificate_hashes.push_back(*digest);
    } else {
      scope.At("verify_certificate_hash", i)
          .Error("is not a SHA-256 digest in hexadecimal", "openssl x509 -fingerprint -sha256");
    }
  }
  for (int i = 0; i < proto.verify_certificate_spki_size(); ++i) {
    std::string bytes;
    const bool decoded = absl::Base64Unescape(proto.verify_certificate_spki(i), &bytes);
    const auto digest = decoded ? DigestOf(bytes) : std::nullopt;
    if (digest.has_value()) {
      verify.spki_hashes.push_back(*digest);
    } else {
      scope.At("verify_certificate_spki", i)
          .Error("is not a SHA-256 digest in base64",
                 "openssl x509 -pubkey -noout | openssl pkey -pubin -outform DER | "
                 "openssl dgst -sha256 -binary | base64");
    }
  }
}

void ReadText(const StringMatcher& matcher, const FieldScope& scope, SanMatch& match) {
  match.letter_case = matcher.ignore_case() ? SanCase::kIgnored : SanCase::kCounts;
  switch (matcher.match_pattern_case()) {
    case StringMatcher::kExact:
      match.how = SanText::kExact;
      match.text = matcher.exact();
      return;
    case StringMatcher::kPrefix:
      match.how = SanText::kPrefix;
      match.text = matcher.prefix();
      return;
    case StringMatcher::kSuffix:
      match.how = SanText::kSuffix;
      match.text = matcher.suffix();
      return;
    case StringMatcher::kContains:
      match.how = SanText::kContains;
      match.text = matcher.contains();
      return;
    case StringMatcher::kSafeRegex: {
      match.how = SanText::kRegex;
      match.text = matcher.safe_regex().regex();
      const FieldScope regex = scope.At("safe_regex.regex");
      match.regex = CompileRegex(match.text, regex);
      return;
    }
    default:
      scope.Error("has no pattern", "set exact, prefix, suffix, contains or safe_regex");
  }
}

std::optional<SanType> TypeOf(pb::SubjectAltNameMatcher::SanType type) {
  switch (type) {
    case pb::SubjectAltNameMatcher::EMAIL:
      return SanType::kEmail;
    case pb::SubjectAltNameMatcher::DNS:
      return SanType::kDns;
    case pb::SubjectAltNameMatcher::URI:
      return SanType::kUri;
    case pb::SubjectAltNameMatcher::IP_ADDRESS:
      return SanType::kIpAddress;
    case pb::SubjectAltNameMatcher::OTHER_NAME:
      return SanType::kOtherName;
    default:
      return std::nullopt;
  }
}

void ReadNames(const pb::CertificateValidationContext& proto, const FieldScope& scope,
               VerifyConfig& verify) {
  for (int i = 0; i < proto.match_typed_subject_alt_names_size(); ++i) {
    const auto& matcher = proto.match_typed_subject_alt_names(i);
    const FieldScope item = scope.At("match_typed_subject_alt_names", i);
    const std::optional<SanType> type = TypeOf(matcher.san_type());
    if (!type.has_value()) {
      item.At("san_type").Error("is required");
      continue;
    }
    SanMatch match{.type = *type, .oid = matcher.oid()};
    if (match.type == SanType::kOtherName && match.oid.empty()) {
      item.At("oid").Error("is required with san_type OTHER_NAME",
                           "such as 1.3.6.1.4.1.311.20.2.3");
    }
    ReadText(matcher.matcher(), item.At("matcher"), match);
    verify.names.push_back(std::move(match));
  }
}

// What decides nothing unless there is an authority to hold certificates against.
void CheckChainFields(const pb::CertificateValidationContext& proto, const FieldScope& scope,
                      const VerifyConfig& verify) {
  if (verify.checks_chain()) return;
  const auto needs_authority = [&](bool is_set, std::string_view field) {
    if (!is_set) return;
    scope.At(field).Error("needs trusted_ca or system_root_certs beside it",
                          "without an authority no chain is verified");
  };
  needs_authority(proto.has_crl(), "crl");
  needs_authority(!verify.names.empty(), "match_typed_subject_alt_names");
  needs_authority(proto.allow_expired_certificate(), "allow_expired_certificate");
}

}  // namespace

void ReadVerify(const pb::CertificateValidationContext& proto, const std::string& field,
                VerifyPart part, const FieldScope& scope, CommonTlsConfig& config) {
  VerifyConfig verify{.field = field};
  if (proto.has_trusted_ca()) {
    verify.trusted_ca = ReadTlsSource(proto.trusted_ca(), scope.At("trusted_ca"));
  }
  verify.system_roots = proto.has_system_root_certs();
  if (verify.system_roots && proto.has_trusted_ca()) {
    scope.At("system_root_certs").Error("stands beside trusted_ca", "set one of them");
  }
  if (proto.has_crl()) verify.crl = ReadTlsSource(proto.crl(), scope.At("crl"));
  verify.crl_of_leaf_only = proto.only_verify_leaf_cert_crl();
  verify.depth_max = OptionalUInt32(proto, "max_verify_depth", scope, {.max = 100});
  verify.allow_expired = proto.allow_expired_certificate();
  verify.accept_untrusted =
      proto.trust_chain_verification() == pb::CertificateValidationContext::ACCEPT_UNTRUSTED;
  ReadPins(proto, scope, verify);
  ReadNames(proto, scope, verify);
  if (part == VerifyPart::kWhole) CheckChainFields(proto, scope, verify);
  if (proto.has_watched_directory()) {
    config.watched_directories.push_back(proto.watched_directory().path());
  }
  config.verify = std::move(verify);
}

}  // namespace sluice
