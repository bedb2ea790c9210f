// PlaintextSocket: the TransportSocket that changes nothing. Stateless: one is every connection's,
// on all workers.
#pragma once

#include "source/net/transport_socket.h"

namespace sluice {

class PlaintextSocket final : public TransportSocket {
 public:
  static PlaintextSocket& Shared() {
    static PlaintextSocket shared;
    return shared;
  }
  Handshake DoHandshake(IoHandle&) override { return Handshake::kDone; }
  IoResult Read(IoHandle& io, Buffer& into, size_t bytes_max) override;
  IoResult Write(IoHandle& io, Buffer& from) override;
  void ShutdownWrite(IoHandle& io) override { io.ShutdownWrite(); }
  absl::string_view alpn() const override { return {}; }
  absl::string_view failure_reason() const override { return {}; }
  bool secure() const override { return false; }

 private:
  static IoResult ReadPieces(IoHandle& io, Buffer& into, size_t bytes_max);
  static IoResult WritePieces(IoHandle& io, Buffer& from);
};

}  // namespace sluice
