// TlsSocket: the TransportSocket that speaks TLS, on either side. Plaintext is read straight into
// the buffer's blocks; what is written is sealed in full records from the buffer's slices, small
// ones together, and all records of a call leave in one call of the system.
//
// Owned by its Connection, on its worker. When nothing is under way it holds BoringSSL's state of
// the connection, and no buffer. Once sealed bytes wait for a full socket nothing more is sealed:
// what a slow peer is owed stays plaintext, where it is counted.
#pragma once

#include <memory>
#include <string>

#include "openssl/ssl.h"
#include "source/net/transport_socket.h"
#include "source/tls/client_context.h"
#include "source/tls/server_context.h"
#include "source/tls/tls_context.h"
#include "source/tls/tls_wire.h"

namespace sluice {

class TlsSocket final : public TransportSocket {
 public:
  // Of an accepted connection.
  TlsSocket(WorkerContext& worker, std::shared_ptr<const ServerTlsContext> context);
  // Of a connection to a host.
  struct Target {
    std::string server_name;  // empty: none is sent
    std::string verify_name;  // empty: the certificate need not be for a name
    std::string address;
    absl::string_view alpn;  // as on the wire; offered where the configuration names nothing
    bool alpn_wins = false;  // or where it does, too
  };
  TlsSocket(WorkerContext& worker, std::shared_ptr<const ClientTlsContext> context,
            const Target& target);
  ~TlsSocket() override;

  Handshake DoHandshake(IoHandle& io) override;
  IoResult Read(IoHandle& io, Buffer& into, size_t bytes_max) override;
  IoResult Write(IoHandle& io, Buffer& from) override;
  size_t unwritten_bytes() const override { return wire_.unsent_bytes(); }
  // Sends close_notify, then FIN.
  void ShutdownWrite(IoHandle& io) override;

  absl::string_view alpn() const override;
  absl::string_view failure_reason() const override {
    return failure_ == nullptr ? absl::string_view() : *failure_;
  }
  bool secure() const override { return true; }
  const TlsFacts* tls_facts() override;

 private:
  void OnHandshakeDone();
  void OnFailure();
  // What to say of a call of BoringSSL that has returned `result` <= 0, after `done` bytes.
  IoResult EndOfRead(int result, size_t done);
  // Seals records until `from` is empty, so much is collected that one call cannot take more, or
  // the socket is full. False: broken.
  bool Seal(Buffer& from, size_t& taken);

  const std::shared_ptr<const TlsContext> context_;  // pinned
  TlsHandshake handshake_;
  TlsWire wire_;  // before ssl_, which has a BIO of it
  bssl::UniquePtr<SSL> ssl_;
  std::unique_ptr<const std::string> failure_;
  std::unique_ptr<const TlsFacts> facts_;
  bool handshake_done_ = false;
  bool shutdown_sent_ = false;  // close_notify; FIN follows it
  bool fin_wanted_ = false;     // when all is written
};

}  // namespace sluice
