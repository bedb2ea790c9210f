// TlsContext: what all TLS connections of one place share, on either side: BoringSSL's SSL_CTX, our
// certificates, how peers are verified, and what is counted. Const once made; shared by all workers
// as a snapshot, which every connection pins; replaced as a whole when a file changes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "openssl/ssl.h"
#include "source/event/worker_context.h"
#include "source/tls/certificate.h"
#include "source/tls/tls_config.h"
#include "source/tls/tls_stats.h"
#include "source/tls/verify.h"

namespace sluice {

class TlsContext;

// What BoringSSL's callbacks know of the connection they are called for, and leave to it. A member
// of the TlsSocket.
struct TlsHandshake {
  const TlsContext& context;
  WorkerContext& worker;
  uint16_t certificate = 0;  // which of ours was presented
  bool peer_validated = false;
  std::string verify_detail;  // until the handshake is over
  // Of connections to hosts: the name that the certificate must be for, and under what its
  // sessions are kept.
  std::string verify_name;
  std::string session_key;
};

class TlsContext {
 public:
  enum class Side : uint8_t { kServer, kClient };

  // Null when anything is wrong; it is in `errors` then.
  static std::unique_ptr<TlsContext> Make(Side side, const CommonTlsConfig& config,
                                          const TlsStats& stats, TlsLoadErrors& errors);

  // A connection's, with its `handshake` for callbacks.
  bssl::UniquePtr<SSL> NewSsl(TlsHandshake& handshake) const;
  static TlsHandshake& HandshakeOf(const SSL* ssl);

  // Verifies what peers present, or lets it pass where there is no verifier. `mode` is BoringSSL's:
  // SSL_VERIFY_PEER, SSL_VERIFY_FAIL_IF_NO_PEER_CERT. While it is made.
  void AskForPeer(int mode);

  SSL_CTX* ssl_ctx() const { return ssl_ctx_.get(); }
  Side side() const { return side_; }
  const TlsStats& stats() const { return stats_; }
  const std::vector<std::unique_ptr<const Certificate>>& certificates() const {
    return certificates_;
  }
  const PeerVerifier* verifier() const { return verifier_.get(); }

 private:
  TlsContext(Side side, const TlsStats& stats) : side_(side), stats_(stats) {}
  bool SetParams(const CommonTlsConfig& config, TlsLoadErrors& errors);
  bool LoadCertificates(const CommonTlsConfig& config, TlsLoadErrors& errors);
  static int VerifyPeer(SSL* ssl, uint8_t* alert);

  const Side side_;
  const TlsStats stats_;
  bssl::UniquePtr<SSL_CTX> ssl_ctx_;
  std::vector<std::unique_ptr<const Certificate>> certificates_;
  std::unique_ptr<const PeerVerifier> verifier_;
};

}  // namespace sluice
