// TlsStats: handles of "<place>ssl.*", as Envoy names them. Const; shared by all workers. Names
// that a handshake decides on (ciphers, versions, curves, signature algorithms) are registered for
// everything the context can agree on, as none can be added on a worker.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "openssl/base.h"
#include "source/stats/registry.h"

namespace sluice {

struct TlsStats {
  // `prefix` ends with a dot: "listener.0.0.0.0_443.".
  TlsStats(StatsRegistry& registry, const std::string& prefix);

  std::shared_ptr<const StatGroup> group;  // of all its counters
  Counter handshake, connection_error, no_certificate, session_reused;
  Counter fail_verify_no_cert, fail_verify_error, fail_verify_san, fail_verify_cert_hash;
  Counter ocsp_staple_failed, ocsp_staple_omitted, ocsp_staple_responses, ocsp_staple_requests;
  // Ours: streams that ended without close_notify, which a plaintext attacker can bring about.
  Counter truncated;
  // Ours: new files and secrets that made no context.
  Counter context_update_rejected;

  // After a handshake: what was agreed on.
  void CountHandshake(const SSL* ssl, StatCells& cells) const;
};

// "<place>server_ssl_socket_factory.*" and "<place>client_ssl_socket_factory.*".
struct TlsFactoryStats {
  enum class Side : uint8_t { kServer, kClient };
  TlsFactoryStats(StatsRegistry& registry, const std::string& prefix, Side side);

  Counter context_updated;    // ssl_context_update_by_sds: new secrets, or files, taken
  Counter secrets_not_ready;  // connections that were closed as there was no context yet
};

}  // namespace sluice
