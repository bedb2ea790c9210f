// IoHandle: one stream socket of the outside world. SocketIoHandle is the kernel's; MemoryIoHandle
// is the simulated network's. Owned by a Connection, on its worker; non-blocking throughout.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "source/event/poller.h"
#include "source/net/address.h"

namespace sluice {

struct IoResult {
  enum class State : uint8_t { kOk, kAgain, kEof, kError };
  State state;
  size_t bytes = 0;  // with kOk; fewer than asked means: drained, an edge will tell of more
  int error = 0;     // errno, with kError
  // With kOk and fewer bytes than asked, of a transport socket: not drained, the end of the stream
  // or an error is behind them.
  bool more = false;
};

class IoHandle {
 public:
  virtual ~IoHandle() = default;  // closes

  // One read or write system call at most.
  virtual IoResult Read(absl::Span<const iovec> into) = 0;
  virtual IoResult Write(absl::Span<const iovec> from) = 0;
  // Like Read, but leaves the bytes where they are.
  virtual IoResult Peek(absl::Span<const iovec> into) = 0;
  virtual void ShutdownWrite() = 0;  // FIN after what was written
  virtual void AbortOnClose() = 0;   // RST instead of FIN when destroyed
  // Starts reports of readiness, edge-triggered. Called again, they go to the new observer: it may
  // get no edge for what is there already. False: none will come, as connecting has failed already;
  // ConnectError says why.
  [[nodiscard]] virtual bool Watch(ReadyObserver& observer) = 0;
  virtual void Unwatch() = 0;  // no more reports, until the next Watch; may be called at any time
  // After a connecting handle became writable: 0, or the errno of the attempt, however often asked.
  virtual int ConnectError() = 0;
  // Asked of the system on first use and kept: on the request path only where a log wants it.
  virtual const Address& local_address() = 0;
  virtual const Address& peer_address() = 0;  // known from accept or connect
  // Where the client meant to connect to, if the system has redirected the connection to us (Linux:
  // iptables' REDIRECT); kNone: nobody knows. Asked of the system each time.
  virtual Address OriginalDestination() = 0;
};

}  // namespace sluice
