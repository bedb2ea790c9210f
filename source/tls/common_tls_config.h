// CommonTlsContext and what it holds, from Envoy's messages into values: the part that both sides
// share, and what a secret may hold. Main thread.
#pragma once

#include "source/config/field_scope.h"
#include "source/tls/context_secrets.h"
#include "source/tls/tls_config.h"

namespace envoy::extensions::transport_sockets::tls::v3 {
class CertificateValidationContext;
class CommonTlsContext;
class TlsCertificate;
class TlsSessionTicketKeys;
}  // namespace envoy::extensions::transport_sockets::tls::v3

namespace sluice {

// Every mistake goes to the scope, and reading goes on. What `secrets` does not give is left out.
void ReadCommonTls(const envoy::extensions::transport_sockets::tls::v3::CommonTlsContext& proto,
                   ContextSecrets& secrets, const FieldScope& scope, CommonTlsConfig& config);

// `field`: where it stands, from the message of the context on.
void ReadCertificate(const envoy::extensions::transport_sockets::tls::v3::TlsCertificate& proto,
                     std::string field, const FieldScope& scope, CommonTlsConfig& config);

void ReadTicketKeys(
    const envoy::extensions::transport_sockets::tls::v3::TlsSessionTicketKeys& proto,
    const FieldScope& scope, ServerTlsConfig& config);

// A part may lack what the rest of it stands on, which the other part has.
enum class VerifyPart : uint8_t { kWhole, kPart };

// In verify_context_config.cc.
void ReadVerify(
    const envoy::extensions::transport_sockets::tls::v3::CertificateValidationContext& proto,
    const std::string& field, VerifyPart part, const FieldScope& scope, CommonTlsConfig& config);

}  // namespace sluice
