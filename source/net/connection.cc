#include "source/net/connection.h"

#include <algorithm>
#include <utility>

#include "source/base/check.h"

namespace sluice {
namespace {

// A block, and what PlaintextSocket has pieces for: a read must be able to fill its chunk.
constexpr uint32_t kReadChunkMin = Block::capacity();
constexpr uint32_t kReadChunkMax = 8 * Block::capacity();

// An edge of bytes and of a reset behind them cannot be told from one of bytes alone, and no other
// comes: so a connection that has met a short count looks once more after this time of silence.
// They do so in common ticks, so that a thousand of them wake the loop no more often than one.
constexpr Duration kSecondLook = std::chrono::seconds(1);
constexpr Duration kSecondLookTick = std::chrono::milliseconds(250);

// A client that asks once and goes costs no registration with the poller, if its answer is quicker
// than this. In common ticks as well: the poller's timer is not set anew for each of them.
constexpr Duration kWatchDelay = std::chrono::milliseconds(5);
constexpr Duration kWatchTick = std::chrono::milliseconds(5);

// From `now` to the first tick that is not before `delay` has passed.
Duration UntilTick(MonotonicTime now, Duration delay, Duration tick) {
  return delay + tick - now.time_since_epoch() % tick;
}

}  // namespace

Connection::Connection(WorkerContext& worker, Side side, std::unique_ptr<IoHandle> io,
                       std::unique_ptr<TransportSocket> transport, const ConnectionLimits& limits)
    : worker_(worker),
      io_(std::move(io)),
      transport_(std::move(transport)),
      limits_(limits),
      in_(worker.slabs),
      out_(worker.slabs),
      timer_(worker.loop, this, kMethod<&Connection::OnTimeout>),
      read_chunk_bytes_(kReadChunkMin),
      side_(side),
      established_(side == Side::kAccepted) {}

Connection::~Connection() = default;

void Connection::SetFilters(std::unique_ptr<ConnectionFilters> filters) {
  SLUICE_DCHECK(handler_ == nullptr);
  filters_ = std::move(filters);
}

void Connection::LimitHandshake(Duration timeout) {
  SLUICE_DCHECK(handler_ == nullptr && side_ == Side::kAccepted);
  if (timeout > Duration(0)) timer_.Arm(timeout);
}

void Connection::Start(ConnectionHandler& handler) {
  SLUICE_CHECK(handler_ == nullptr);
  handler_ = &handler;
  if (side_ == Side::kAccepted) {
    // The first read comes before the watch: what is closed in this turn is never registered.
    read_ready_ = true;
    ContinueOpening();
    if (finished_) return;
    if (!connected_ || handler_->AwaitsBytes()) return EnsureWatched();
    timer_.Arm(UntilTick(worker_.loop.now(), kWatchDelay, kWatchTick));
    return;
  }
  watched_ = io_->Watch(*this);
  if (!watched_) {
    timer_.Arm(Duration(0));  // never from within Start: the owner is still setting up
  } else if (limits_.connect_timeout > Duration(0)) {
    timer_.Arm(limits_.connect_timeout);
  }
}

void Connection::EnsureWatched() {
  if (watched_) return;
  watched_ = true;
  if (!io_->Watch(*this)) Finish(CloseCause::kPeerReset);
}

void Connection::NotifyWhenFlushed() {
  notify_flushed_ = true;
  WantWrite();
}

void Connection::PauseReading() { ++pauses_; }

void Connection::ResumeReading() {
  SLUICE_CHECK(pauses_ > 0);
  if (--pauses_ > 0 || finished_) return;
  offer_ = true;
  WantWrite();
}

void Connection::Close(CloseKind kind) {
  if (finished_) return;
  if (kind == CloseKind::kAbort || kind == CloseKind::kFlushAbort) io_->AbortOnClose();
  if (kind == CloseKind::kNow || kind == CloseKind::kAbort) return Finish(CloseCause::kLocal);
  if (closing_) return;
  closing_ = true;
  close_at_once_ = kind != CloseKind::kFlush || limits_.close_timeout == Duration(0);
  timer_.Arm(std::max(limits_.close_timeout, Duration(std::chrono::seconds(1))));
  WantWrite();
}

void Connection::CloseWriteSide() {
  shut_write_ = true;
  WantWrite();
}

void Connection::OnReady(Readiness ready) {
  if (finished_) return;
  if (ready.readable) read_ready_ = true;
  if (ready.ended) peer_ended_ = true;
  if (!connected_) {
    if (established_ || ready.writable) ContinueOpening();
    return;
  }
  if (ready.writable && write_blocked_) {
    write_blocked_ = false;
    WantWrite();
  }
  if (read_ready_) ReadAndDeliver();
}

// Connecting and handshake: at the start and at each readiness until both are done.
void Connection::ContinueOpening() {
  if (!established_ && io_->ConnectError() != 0) return Finish(CloseCause::kConnectFailed);
  established_ = true;
  TransportSocket::Handshake handshake = transport().DoHandshake(*io_);
  // The end of the stream may be behind what was read, and gets no edge of its own.
  if (handshake == TransportSocket::Handshake::kGoesOn && peer_ended_) {
    handshake = transport().DoHandshake(*io_);
  }
  if (handshake == TransportSocket::Handshake::kGoesOn) return;
  if (handshake == TransportSocket::Handshake::kFailed) {
    return Finish(CloseCause::kHandshakeFailed);
  }
  connected_ = true;
  timer_.Disarm();
  WantWrite();
  handler_->OnConnected();
  if (finished_) return;
  if (filters_ != nullptr && filters_->OnNewConnection() == ConnectionFilters::Outcome::kClose) {
    return Finish(CloseCause::kLocal);
  }
  ReadAndDeliver();
}

// From one block up: doubled by a read that fills it, halved by one that leaves most of it empty.
inline void Connection::AdaptReadChunk(size_t read) {
  if (read == read_chunk_bytes_) {
    const size_t most = std::min<size_t>(limits_.read_chunk_bytes_max, kReadChunkMax);
    read_chunk_bytes_ = std::max<uint32_t>(std::min<size_t>(2 * read, most), kReadChunkMin);
  } else if (read < read_chunk_bytes_ / 4) {
    read_chunk_bytes_ = std::max(read_chunk_bytes_ / 2, kReadChunkMin);
  }
}

// Hands over what is in in_, which may be nothing at the end of the stream.
inline void Connection::Deliver(End end) {
  if (filters_ != nullptr) return DeliverThroughFilters(end);
  handler_->OnBytes(in_, end);
}

void Connection::DeliverThroughFilters(End end) {
  const size_t before = in_.size();
  if (filters_->Run(end, in_) == ConnectionFilters::Outcome::kClose) {
    return Finish(CloseCause::kLocal);
  }
  end = filters_->ended() ? End::kYes : End::kNo;
  if (in_.size() > before || end == End::kYes) handler_->OnBytes(in_, end);
}

void Connection::ReadAndDeliver() {
  if (closing_) return DropInput();
  bool had_bytes = false;
  while (read_ready_ && pauses_ == 0 && !finished_ && !closing_ && !eof_) {
    const uint32_t asked = read_chunk_bytes_;
    Buffer& into = filters_ != nullptr ? filters_->arrived() : in_;
    const IoResult result = transport().Read(*io_, into, asked);
    switch (result.state) {
      case IoResult::State::kOk:
        bytes_read_ += result.bytes;
        if (result.bytes < asked && !peer_ended_ && !result.more) read_ready_ = false;
        if (result.bytes == 0) break;  // what came was no plaintext
        // A short read behind a full one is the rest of one burst, not a sign of smaller ones.
        if (!had_bytes || result.bytes == asked) AdaptReadChunk(result.bytes);
        had_bytes = true;
        Deliver(End::kNo);
        break;
      case IoResult::State::kAgain:
        read_ready_ = false;
        break;
      case IoResult::State::kEof:
        // After a failed write this is how a reset ends, which must not pass for a FIN.
        if (write_failed_) return Finish(CloseCause::kPeerReset);
        read_ready_ = false;
        eof_ = true;
        Deliver(End::kYes);
        WantWrite();  // to see whether anything is left to write
        break;
      case IoResult::State::kError:
        return Finish(CloseCause::kPeerReset);
    }
  }
  if (finished_) return;
  if (had_bytes && !closing_ && !eof_) LookAgainLater();
  if (closing_) DropInput();
}

// Most often the tick is still the one of the bytes before.
inline void Connection::LookAgainLater() {
  const MonotonicTime now = worker_.loop.now();
  if (timer_.armed() && timer_.deadline() >= now + kSecondLook) return;
  timer_.Arm(UntilTick(now, kSecondLook, kSecondLookTick));
}

// After ResumeReading.
void Connection::OfferAgain() {
  offer_ = false;
  if (!in_.empty()) handler_->OnBytes(in_, End::kNo);
  if (!finished_ && read_ready_) ReadAndDeliver();
}

void Connection::RunEndOfTurn() {
  if (finished_) return;
  if (!connected_) {
    if (closing_) Finish(CloseCause::kLocal);
    return;
  }
  if (offer_ && pauses_ == 0 && !closing_) OfferAgain();
  if (!finished_) PullAndWrite();
  if (watched_ || finished_) return;
  if (write_blocked_ || closing_ || handler_->AwaitsBytes()) EnsureWatched();
}

void Connection::PullAndWrite() {
  while (!write_blocked_ && !write_failed_ && !write_shut_) {
    const size_t room =
        limits_.write_chunk_bytes - std::min(out_.size(), limits_.write_chunk_bytes);
    const size_t before = out_.size();
    if (room > 0) {
      handler_->FillOutput(out_, room);
      if (finished_) return;
    }
    const bool dry = out_.size() - before < room;
    if (out_.empty() && SealedBytes() == 0) return OnAllWritten();
    if (!WriteOut()) return;
    if (dry && !write_blocked_) return OnAllWritten();
  }
  if (write_failed_) {
    if (closing_ || pauses_ == 0) Finish(closing_ ? CloseCause::kLocal : CloseCause::kPeerReset);
  } else if (write_shut_) {
    if (!write_blocked_ && SealedBytes() > 0 && !WriteOut()) return;
    // Nothing to pull, but perhaps an end to notice.
    if (!write_blocked_) OnAllWritten();
  }
}

// One write. False: the connection may be gone.
bool Connection::WriteOut() {
  const size_t sealed = SealedBytes();
  const IoResult result = transport().Write(*io_, out_);
  bytes_written_ += result.bytes;
  if (closing_ && (result.bytes > 0 || SealedBytes() < sealed)) {
    timer_.Arm(std::max(limits_.close_timeout, Duration(std::chrono::seconds(1))));
  }
  if (result.state == IoResult::State::kError || result.state == IoResult::State::kEof) {
    OnWriteFailed();
    return false;
  }
  write_blocked_ = !out_.empty() || SealedBytes() > 0;
  return true;
}

// TLS says goodbye before FIN, for which a full socket may have no room at once.
void Connection::ShutTransport() {
  write_shut_ = true;
  transport().ShutdownWrite(*io_);
  write_blocked_ = SealedBytes() > 0;
}

void Connection::OnAllWritten() {
  if (notify_flushed_) {
    notify_flushed_ = false;
    handler_->OnFlushed();
    if (finished_) return;
  }
  if (closing_) {
    if (eof_ || close_at_once_) {
      if (transport_ != nullptr && !write_shut_) ShutTransport();
      return Finish(CloseCause::kLocal);
    }
    if (!write_shut_) ShutTransport();
    return DropInput();
  }
  if (shut_write_ && !write_shut_) ShutTransport();
  const bool more_to_offer = pauses_ > 0 && !in_.empty();
  if (eof_ && !more_to_offer && (!half_close_ || write_shut_)) {
    if (transport_ != nullptr && !write_shut_) ShutTransport();
    Finish(CloseCause::kPeer);
  }
}

// The peer is gone, but what it has sent before may still be in the socket: the reason, often, why
// it is gone. An accepted connection that is paused ends at once, as its pause may well wait for
// the very write that has failed; a connecting one is resumed by the other side's progress or end.
void Connection::OnWriteFailed() {
  write_failed_ = true;
  out_.Clear();
  if (closing_ || eof_ || (pauses_ > 0 && side_ == Side::kAccepted)) {
    return Finish(closing_ ? CloseCause::kLocal : CloseCause::kPeerReset);
  }
  read_ready_ = true;
  peer_ended_ = true;
  ReadAndDeliver();
  // Whether the stream ends with an error or an EOF: it was reset. Paused: goes on when resumed.
  if (!finished_ && pauses_ == 0) Finish(CloseCause::kPeerReset);
}

// While closing: reads until the peer's FIN, for nobody.
void Connection::DropInput() {
  while (read_ready_ && !finished_ && !eof_) {
    in_.Clear();
    const IoResult result = transport().Read(*io_, in_, kReadChunkMin);
    bytes_read_ += result.bytes;
    if (result.state == IoResult::State::kError) return Finish(CloseCause::kLocal);
    if (result.state == IoResult::State::kEof) eof_ = true;
    const bool drained = result.bytes < kReadChunkMin && !peer_ended_ && !result.more;
    if (result.state != IoResult::State::kOk || drained) read_ready_ = false;
  }
  in_.Clear();
  if (!finished_ && eof_ && write_shut_) Finish(CloseCause::kLocal);
}

void Connection::OnTimeout() {
  if (closing_) return Finish(CloseCause::kLocal);
  if (connected_ && !watched_) return EnsureWatched();
  if (connected_) {
    read_ready_ = true;
    return ReadAndDeliver();
  }
  const bool failed = !established_ && io_->ConnectError() != 0;
  Finish(failed ? CloseCause::kConnectFailed : CloseCause::kConnectTimeout);
}

void Connection::Finish(CloseCause cause) {
  if (finished_) return;
  finished_ = true;
  timer_.Disarm();
  Unlink();
  out_.Clear();
  handler_->OnConnectionClosed(cause);
}

}  // namespace sluice
