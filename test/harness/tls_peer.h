// TlsPeer: a test's own end of a TLS connection over the simulated network: BoringSSL used
// directly, on either side, with nothing of source/tls. One thread; acts when bytes come.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "openssl/ssl.h"
#include "test/harness/memory_peer.h"
#include "test/harness/test_certificates.h"

namespace sluice {

struct TlsPeerOptions {
  std::string server_name;        // of clients
  std::vector<std::string> alpn;  // a server takes the first of the client's that is here
  uint16_t version_min = TLS1_VERSION;
  uint16_t version_max = TLS1_3_VERSION;
  std::string ciphers, curves, signature_algorithms;
  const TestCertificate* certificate = nullptr;
  bool ask_for_certificate = false;  // of servers
  bool wants_staple = false;
  SSL_SESSION* resume = nullptr;  // not owned; used while it is made
  SSL_CTX* context = nullptr;     // of servers that keep their tickets' keys; not owned
};

class TlsPeer {
 public:
  enum class Role : uint8_t { kClient, kServer };
  TlsPeer(Role role, std::unique_ptr<MemoryPeer> wire, const TlsPeerOptions& options);

  // A context for TlsPeerOptions::context.
  static bssl::UniquePtr<SSL_CTX> MakeContext(Role role, const TlsPeerOptions& options);

  void Send(absl::string_view text);
  void SendCloseNotify();
  void Close() { wire_.reset(); }

  bool connected() const { return connected_; }
  // The alert or error that ended it; empty while all is well.
  const std::string& error() const { return error_; }
  const std::string& received() const { return received_; }
  std::string Take() { return std::exchange(received_, std::string()); }
  bool got_close_notify() const { return got_close_notify_; }
  MemoryPeer& wire() { return *wire_; }
  SSL* ssl() { return ssl_.get(); }
  // The sessions that clients were given, in order.
  std::vector<bssl::UniquePtr<SSL_SESSION>>& sessions() { return sessions_; }

  std::string version() const { return SSL_get_version(ssl_.get()); }
  std::string cipher() const { return SSL_get_cipher_name(ssl_.get()); }
  std::string curve() const { return SSL_get_curve_name(SSL_get_curve_id(ssl_.get())); }
  std::string alpn() const;
  bool resumed() const { return SSL_session_reused(ssl_.get()) != 0; }
  std::string staple() const;
  // Of the peer's leaf; empty: there is none.
  std::string peer_common_name() const;
  std::function<void()> on_bytes;

 private:
  void Act();
  bool HandleResult(int result);
  void FlushOutput();
  std::unique_ptr<MemoryPeer> wire_;
  bssl::UniquePtr<SSL_CTX> context_;
  bssl::UniquePtr<SSL> ssl_;
  std::vector<bssl::UniquePtr<SSL_SESSION>> sessions_;
  std::string to_send_;
  std::string received_;
  std::string error_;
  bool connected_ = false;
  bool got_close_notify_ = false;
};

}  // namespace sluice
