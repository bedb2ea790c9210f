// NoSecretSocket: the transport of a connection for which there is no TLS context yet, as its
// secrets have not come: it fails, before a byte is read or written.
#pragma once

#include "source/net/transport_socket.h"

namespace sluice {

class NoSecretSocket final : public TransportSocket {
 public:
  Handshake DoHandshake(IoHandle&) override { return Handshake::kFailed; }
  IoResult Read(IoHandle&, Buffer&, size_t) override { return {IoResult::State::kError}; }
  IoResult Write(IoHandle&, Buffer&) override { return {IoResult::State::kError}; }
  void ShutdownWrite(IoHandle&) override {}
  absl::string_view alpn() const override { return ""; }
  // Envoy's words for it.
  absl::string_view failure_reason() const override {
    return "TLS error: Secret is not supplied by SDS";
  }
  bool secure() const override { return true; }
};

}  // namespace sluice
