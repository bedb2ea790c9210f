// ClientTlsContext: TLS of connections to hosts: what we present, how hosts are verified, and the
// sessions with them that can be resumed. Const once made but for the sessions, of which each
// worker has its own; shared by all workers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "openssl/base.h"
#include "source/tls/session_cache.h"
#include "source/tls/tls_config.h"
#include "source/tls/tls_context.h"

namespace sluice {

class ClientTlsContext {
 public:
  // Null when anything is wrong; it is in `errors` then. Main thread. `threads`: workers and main.
  static std::unique_ptr<const ClientTlsContext> Make(const ClientTlsConfig& config,
                                                      uint32_t threads, const TlsStats& stats,
                                                      TlsLoadErrors& errors);

  const TlsContext& common() const { return *common_; }

  // A connection's. `server_name` is sent if not empty and no IP address; `handshake` says by what
  // key sessions are kept.
  // `alpn.offer`, as on the wire, is offered where the configuration names nothing, or else if it
  // wins.
  struct Alpn {
    absl::string_view offer;
    bool wins = false;
  };
  bssl::UniquePtr<SSL> NewSsl(TlsHandshake& handshake, const std::string& server_name,
                              const Alpn& alpn) const;

 private:
  ClientTlsContext() = default;
  void SetAlpn(const std::vector<std::string>& protocols);
  SessionCache& SessionsOf(const WorkerContext& worker) const { return *sessions_[worker.index]; }

  std::unique_ptr<TlsContext> common_;
  bool enforce_rsa_key_usage_ = false;
  bool keeps_sessions_ = false;
  bool names_alpn_ = false;
  std::vector<std::unique_ptr<SessionCache>> sessions_;  // by worker; touched on it only
};

}  // namespace sluice
