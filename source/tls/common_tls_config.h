// CommonTlsContext and what it holds, from Envoy's messages into values: the part that both sides
// share. Used by tls_context_config.cc only. Main thread, at load.
#pragma once

#include "source/config/field_scope.h"
#include "source/tls/tls_config.h"
#include "source/tls/tls_context_config.h"

namespace envoy::extensions::transport_sockets::tls::v3 {
class CertificateValidationContext;
class CommonTlsContext;
class SdsSecretConfig;
class TlsSessionTicketKeys;
}  // namespace envoy::extensions::transport_sockets::tls::v3

namespace sluice {

// Every mistake goes to the scope, and reading goes on.
void ReadCommonTls(const envoy::extensions::transport_sockets::tls::v3::CommonTlsContext& proto,
                   const StaticSecrets& secrets, const FieldScope& scope, CommonTlsConfig& config);

void ReadTicketKeys(
    const envoy::extensions::transport_sockets::tls::v3::TlsSessionTicketKeys& proto,
    const FieldScope& scope, ServerTlsConfig& config);

// In verify_context_config.cc. `field`: where it stands, from the message of the context on.
void ReadVerify(
    const envoy::extensions::transport_sockets::tls::v3::CertificateValidationContext& proto,
    const std::string& field, const FieldScope& scope, CommonTlsConfig& config);

// Null, and an error, when there is none of that name, or it is to come from a control plane.
const envoy::extensions::transport_sockets::tls::v3::Secret* FindSecret(
    const envoy::extensions::transport_sockets::tls::v3::SdsSecretConfig& reference,
    const StaticSecrets& secrets, const FieldScope& scope);

}  // namespace sluice
