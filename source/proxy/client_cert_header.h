// x-forwarded-client-cert: who the client proved to be, for the upstream; and what of such claims
// by the client itself is passed on. Pure; Envoy's format and modes (forward_client_cert_details).
#pragma once

#include <string>

#include "source/http/headers.h"
#include "source/net/tls_facts.h"
#include "source/proxy/connection_manager_config.h"

namespace sluice {

// Whether ApplyClientCertHeader needs to see facts at all: gathering them costs.
inline bool NeedsClientCert(ForwardClientCert mode) {
  return mode != ForwardClientCert::kSanitize && mode != ForwardClientCert::kAlwaysForwardOnly;
}

// `facts`: of the client's connection; null: plaintext, or not needed. `scratch` is overwritten.
void ApplyClientCertHeader(const ClientCertRules& rules, const TlsFacts* facts,
                           std::string& scratch, Headers& request);

}  // namespace sluice
