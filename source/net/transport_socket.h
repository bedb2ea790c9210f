// TransportSocket: bytes to plaintext and back, over one IoHandle. PlaintextSocket passes through;
// TlsSocket speaks TLS. Owned by its Connection, on its worker. Knows no events.
#pragma once

#include "absl/strings/string_view.h"
#include "source/base/buffer.h"
#include "source/net/io_handle.h"
#include "source/net/tls_facts.h"

namespace sluice {

class TransportSocket {
 public:
  virtual ~TransportSocket() = default;

  enum class Handshake : uint8_t { kDone, kGoesOn, kFailed };
  // Called after connect or accept and at each readiness until it says kDone.
  virtual Handshake DoHandshake(IoHandle& io) = 0;

  // Reads at most `bytes_max` of plaintext to the end of `into`. kOk with fewer bytes than the
  // maximum means drained, unless the result says that there is more; with none, that what came was
  // no plaintext.
  virtual IoResult Read(IoHandle& io, Buffer& into, size_t bytes_max) = 0;
  // Writes from the front of `from` and drains what was taken. With kOk, what is left in `from`
  // found the socket full: an edge will tell of room.
  virtual IoResult Write(IoHandle& io, Buffer& from) = 0;
  // Taken from a Write, or of the handshake, and not yet in the socket. The next Write, which may
  // have nothing to take, goes on with it.
  virtual size_t unwritten_bytes() const { return 0; }
  // Once. FIN, at the latest when no bytes are unwritten any more.
  virtual void ShutdownWrite(IoHandle& io) = 0;

  virtual absl::string_view alpn() const = 0;            // negotiated, empty if none
  virtual absl::string_view failure_reason() const = 0;  // after kFailed or a read or write error
  virtual bool secure() const = 0;                       // requests over it have scheme https
  // After the handshake; null where there was none. Gathered when first asked for.
  virtual const TlsFacts* tls_facts() { return nullptr; }
};

}  // namespace sluice
