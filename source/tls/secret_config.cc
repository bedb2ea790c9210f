#include "source/tls/secret_config.h"

#include "absl/strings/str_cat.h"
#include "envoy/extensions/transport_sockets/tls/v3/common.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"
#include "google/protobuf/util/message_differencer.h"
#include "source/config/config_errors.h"
#include "source/tls/common_tls_config.h"

namespace sluice {
namespace {

// The first, as there is no list of errors in a status.
absl::Status Refusal(const TlsLoadErrors& errors) {
  return absl::InvalidArgumentError(
      absl::StrCat(errors.front().field, ": ", errors.front().message));
}

}  // namespace

std::string SecretName(const SecretStore::Secret& secret) { return secret.name(); }

SecretStore::SharedSecret CopyOf(const SecretStore::Secret& secret) {
  return std::make_shared<const SecretStore::Secret>(secret);
}

bool SameSecret(const SecretStore::Secret& a, const SecretStore::Secret& b) {
  return google::protobuf::util::MessageDifferencer::Equals(a, b);
}

absl::Status CheckSecret(const SecretStore::Secret& secret) {
  ConfigErrors found;
  const FieldScope scope(found);
  CommonTlsConfig config;
  TlsLoadErrors errors;
  if (secret.has_tls_certificate()) {
    const FieldScope certificate = scope.At("tls_certificate");
    ReadCertificate(secret.tls_certificate(), "tls_certificate", certificate, config);
    if (found.empty()) Certificate::Load(config.certificates.front(), errors);
  } else if (secret.has_validation_context()) {
    // Without what only the context that it becomes a part of can tell.
    const FieldScope validation = scope.At("validation_context");
    ReadVerify(secret.validation_context(), "validation_context", VerifyPart::kPart, validation,
               config);
    if (found.empty()) PeerVerifier::Load(*config.verify, errors);
  } else if (secret.has_session_ticket_keys()) {
    ServerTlsConfig server;
    const FieldScope keys = scope.At("session_ticket_keys");
    ReadTicketKeys(secret.session_ticket_keys(), keys, server);
  } else {
    return absl::InvalidArgumentError(
        "holds no tls_certificate, validation_context or session_ticket_keys");
  }
  if (!errors.empty()) return Refusal(errors);
  if (found.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(found.errors().front().path, ": ", found.errors().front().message));
}

}  // namespace sluice
