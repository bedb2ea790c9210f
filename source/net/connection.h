// Connection: one socket's life. Pushes what it reads through its network filters into its handler,
// pulls from the handler what it writes, and closes. The same final class for both sides of the
// proxy and in tests: variety is in IoHandle and TransportSocket.
//
// One worker. Reading: at a readiness edge, until a short count, handing over after each read. What
// the handler leaves in the buffer stays there and is offered again with the next bytes or by
// ResumeReading. Writing: WantWrite marks the connection; at the end of the turn it pulls from the
// handler until its output holds `write_chunk_bytes`, writes once per pull, and stops when the
// socket is full; a writable edge goes on. So a turn's output is one writev.
//
// The peer's FIN ends the connection (kPeer) when the handler has seen it and has nothing to write
// at the end of that turn, or later; a pause that holds up bytes holds it up, too; not so after
// AllowHalfClose. A failed write does not lose what the peer has sent before: it is read and handed
// over, then the connection ends (kPeerReset).
//
// The owner is told of the end exactly once by ConnectionHandler::OnConnectionClosed; after that it
// destroys the connection (from there: through EventLoop::DeleteLater). Destroying it earlier
// closes it silently.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "source/base/buffer.h"
#include "source/base/flow_gauge.h"
#include "source/event/event_loop.h"
#include "source/event/timer.h"
#include "source/event/worker_context.h"
#include "source/net/connection_filters.h"
#include "source/net/io_handle.h"
#include "source/net/plaintext_socket.h"
#include "source/net/transport_socket.h"

namespace sluice {

class Connection;

enum class CloseCause : uint8_t {
  kPeer,       // EOF, and nothing left to write
  kPeerReset,  // ECONNRESET, EPIPE and other socket errors
  kLocal,      // Close was called
  kConnectFailed,
  kConnectTimeout,
  kHandshakeFailed,
};

enum class CloseKind : uint8_t {
  kFlush,  // write what is pulled and pending, then FIN, wait for the peer's FIN (bounded), close
  kFlushOnly,   // write what is pulled and pending, then close: for peers that will send nothing
                // more
  kFlushAbort,  // write what is pulled and pending, then RST: the peer is to see that this was no
                // end. What the kernel has not sent by then is lost
  kNow,         // close, dropping pending output
  kAbort,       // RST
};

// What waits for the bytes of one connection. Implemented by the connection manager, by client
// connections, by TCP tunnels.
class ConnectionHandler {
 public:
  virtual void OnConnected() {}
  // Takes from the front of `in` what it can. kYes: the peer has sent its FIN; called once with it,
  // also when there are no bytes.
  virtual void OnBytes(Buffer& in, End end) = 0;
  // Appends at most about `bytes_max` to `out`; less means: nothing more to write now. Who has
  // more after all says so by WantWrite.
  virtual void FillOutput(Buffer& out, size_t bytes_max) = 0;
  // Everything pulled so far is written. For those who asked by NotifyWhenFlushed.
  virtual void OnFlushed() {}
  // False: what it has got is complete, and it will write before it expects more. An accepted
  // connection that starts so may go without a watch for some milliseconds, and see neither bytes
  // nor the peer's end in that time.
  virtual bool AwaitsBytes() const { return true; }
  virtual void OnConnectionClosed(CloseCause cause) = 0;

 protected:
  ~ConnectionHandler() = default;
};

struct ConnectionLimits {
  size_t read_chunk_bytes_max =
      128_KiB;                         // one read; starts at one block, grows while reads fill it
  size_t write_chunk_bytes = 128_KiB;  // pulled ahead of one write at most
  Duration connect_timeout{0};         // 0: none; for connecting sockets
  Duration close_timeout =
      std::chrono::seconds(1);  // HCM delayed_close_timeout: wait for the peer's FIN
};

class Connection final : public Deferred,
                         public FlowSource,
                         private ReadyObserver,
                         private EndOfTurnTask {
 public:
  enum class Side : uint8_t { kAccepted, kConnecting };
  // No transport: plaintext.
  Connection(WorkerContext& worker, Side side, std::unique_ptr<IoHandle> io,
             std::unique_ptr<TransportSocket> transport, const ConnectionLimits& limits);
  ~Connection() override;

  // Before Start.
  void SetFilters(std::unique_ptr<ConnectionFilters> filters);
  // Of an accepted one: ends it (kConnectTimeout) if the handshake takes longer from now. 0: any
  // time.
  void LimitHandshake(Duration timeout);

  // Once, before anything happens; starts reading (in this very call for an accepted socket whose
  // bytes may be there already, which saves a turn).
  void Start(ConnectionHandler& handler);

  void WantWrite() { worker_.loop.AtEndOfTurn(*this); }
  void NotifyWhenFlushed();  // OnFlushed, once
  // Nested calls count: reading goes on when every pause has its resume. A paused connection does
  // not read and does not call OnBytes; ResumeReading offers at the end of the turn what is
  // buffered.
  void PauseReading() override;
  void ResumeReading() override;
  // The flushing ones return at once and end by OnConnectionClosed(kLocal), at the latest when
  // nothing could be written, or the peer has not ended, for close_timeout; what comes in is
  // dropped. The others call it in this call.
  void Close(CloseKind kind);
  // Sends FIN when everything pulled is written; reading goes on (half-close, for tunnels).
  void CloseWriteSide();
  // The peer's FIN no longer ends the connection: that takes ours, too (CloseWriteSide).
  void AllowHalfClose() { half_close_ = true; }

  bool closing() const { return closing_; }
  bool connected() const { return connected_; }
  size_t unwritten_bytes() const { return out_.size() + SealedBytes(); }
  // Since they were last taken.
  uint64_t bytes_read() const { return bytes_read_; }
  uint64_t bytes_written() const { return bytes_written_; }
  uint64_t TakeBytesRead() { return std::exchange(bytes_read_, 0); }
  uint64_t TakeBytesWritten() { return std::exchange(bytes_written_, 0); }
  IoHandle& io() { return *io_; }
  TransportSocket& transport() {
    return transport_ != nullptr ? *transport_ : PlaintextSocket::Shared();
  }
  WorkerContext& worker() { return worker_; }

 private:
  void OnReady(Readiness ready) override;
  void RunEndOfTurn() override;
  void EnsureWatched();
  void ContinueOpening();
  void ReadAndDeliver();
  void AdaptReadChunk(size_t read);
  void Deliver(End end);
  void DeliverThroughFilters(End end);
  void LookAgainLater();
  void OfferAgain();
  void PullAndWrite();
  bool WriteOut();
  void ShutTransport();
  // Taken by the transport, and not yet written.
  size_t SealedBytes() const { return transport_ != nullptr ? transport_->unwritten_bytes() : 0; }
  void OnAllWritten();
  void OnWriteFailed();
  void DropInput();
  void Finish(CloseCause cause);
  void OnTimeout();

  WorkerContext& worker_;
  std::unique_ptr<IoHandle> io_;
  const std::unique_ptr<TransportSocket> transport_;  // none: plaintext, which needs no memory
  std::unique_ptr<ConnectionFilters> filters_;
  const ConnectionLimits& limits_;
  ConnectionHandler* handler_ = nullptr;
  Buffer in_;
  Buffer out_;
  Timer timer_;  // connecting, then looking again for a reset, then closing
  uint64_t bytes_read_ = 0;
  uint64_t bytes_written_ = 0;
  uint32_t read_chunk_bytes_;
  uint16_t pauses_ : 15 = 0;
  const Side side_ : 1;
  bool established_ : 1;  // the socket is; connected_: the handshake is done, too
  bool connected_ : 1 = false;
  bool watched_ : 1 = false;
  bool finished_ : 1 = false;       // OnConnectionClosed was called
  bool closing_ : 1 = false;        // kFlush, kFlushOnly, kFlushAbort
  bool close_at_once_ : 1 = false;  // not kFlush
  bool half_close_ : 1 = false;
  bool read_ready_ : 1 = false;     // a read may find something
  bool peer_ended_ : 1 = false;     // the poller has said so: a short count is not the end
  bool eof_ : 1 = false;            // read
  bool offer_ : 1 = false;          // what is in in_ is to be offered again
  bool write_blocked_ : 1 = false;  // until a writable edge
  bool write_failed_ : 1 = false;
  bool notify_flushed_ : 1 = false;
  bool shut_write_ : 1 = false;  // FIN wanted
  bool write_shut_ : 1 = false;  // FIN sent
};

}  // namespace sluice
