// What a finished handshake has agreed on, as values for logs, headers and matching (TlsFacts).
// Costly, so only on demand. On the connection's worker.
#pragma once

#include "openssl/base.h"
#include "openssl/pool.h"
#include "source/net/tls_facts.h"

namespace sluice {

CertificateFacts GatherCertificateFacts(const CRYPTO_BUFFER* der);

// All but peer_validated. `local` is the certificate we presented, or null.
TlsFacts GatherTlsFacts(const SSL* ssl, const CRYPTO_BUFFER* local);

}  // namespace sluice
