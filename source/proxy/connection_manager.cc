#include "source/proxy/connection_manager.h"

#include <algorithm>

#include "source/http/http1/codec.h"
#include "source/proxy/stream.h"

namespace sluice {
namespace {

MonotonicTime After(MonotonicTime from, Duration timeout) {
  return timeout.count() == 0 ? MonotonicTime::max() : from + timeout;
}

}  // namespace

ConnectionManager::ConnectionManager(DownstreamArgs args, ProxyWorker& worker,
                                     std::shared_ptr<const ConnectionManagerConfig> config)
    : worker_(worker),
      owner_(args.owner),
      config_(std::move(config)),
      connection_(args.worker, Connection::Side::kAccepted, std::move(args.io),
                  std::move(args.transport), config_->connection),
      codec_(MakeHttp1ServerCodec(*this, config_->codec_limits, config_->http1, args.worker.slabs,
                                  connection_)),
      stream_buffer_bytes_max_(args.buffer_bytes_max),
      timer_(args.worker.loop, this, kMethod<&ConnectionManager::OnTimer>),
      opened_(args.worker.loop.now()) {
  facts_.io = &connection_.io();
  facts_.connection_id = worker_.NextId();
  facts_.secure = connection_.transport().secure();
  connection_.LimitHandshake(args.handshake_timeout);
  const ConnectionManagerStats& stats = config_->stats;
  StatCells& cells = worker_.context().stats;
  stats.cx_total.Add(cells);
  stats.cx_http1_total.Add(cells);
  stats.cx_active.Add(cells);
  stats.cx_http1_active.Add(cells);
  if (args.draining) StartDrain();
}

ConnectionManager::~ConnectionManager() { AbandonStreams(); }

void ConnectionManager::Start() {
  idle_deadline_ = After(opened_, config_->idle_timeout);
  ArmTimer();
  connection_.Start(*this);
}

// ---- Bytes in, bytes out.

void ConnectionManager::OnBytes(Buffer& in, End end) {
  CountBytes();
  if (codec_->Parse(in, end) != CodecError::kNone) {
    // The client has gone in the middle of a message: there is nobody to answer, and its stream
    // knows.
    if (codec_->error() == CodecError::kUnexpectedEnd) return CloseAfterReset();
    config_->stats.cx_protocol_error.Add(worker_.context().stats);
    return RejectMessage(FailureOfRequest(codec_->error()), CodecErrorDetail(codec_->error()));
  }
  if (closed_) return;
  // A client that has closed its side is taken as gone, as Envoy does: an answer would most likely
  // find no reader, and its upstream should not work for nobody.
  if (end == End::kYes) {
    AbandonStreams();
    return connection_.Close(CloseKind::kFlush);
  }
  if (codec_->wants_fill()) connection_.WantWrite();
  ArmTimer();
}

void ConnectionManager::FillOutput(Buffer& out, size_t bytes_max) {
  codec_->Fill(out, bytes_max);
  streams_.ForEach([](Stream& stream) { stream.AbortIfDrained(); });
  CloseIfDone();
}

void ConnectionManager::CloseIfDone() {
  if (closed_ || !codec_->must_close() || codec_->open_streams() > 0 || codec_->wants_fill())
    return;
  if (connection_.closing()) return;
  connection_.Close(codec_->peer_is_done() ? CloseKind::kFlushOnly : CloseKind::kFlush);
}

// Every request is complete: answers come first. Saves a connection that ends with its first answer
// from ever being watched.
bool ConnectionManager::AwaitsBytes() const {
  return streams_.empty() || !streams_.front().request_complete();
}

void ConnectionManager::OnConnectionClosed(CloseCause cause) {
  closed_ = true;
  timer_.Disarm();
  CountBytes();
  const ConnectionManagerStats& stats = config_->stats;
  StatCells& cells = worker_.context().stats;
  const bool local = cause == CloseCause::kLocal;
  stats.cx_destroy.Add(cells);
  (local ? stats.cx_destroy_local : stats.cx_destroy_remote).Add(cells);
  if (!streams_.empty()) {
    stats.cx_destroy_active_rq.Add(cells);
    (local ? stats.cx_destroy_local_active_rq : stats.cx_destroy_remote_active_rq).Add(cells);
  }
  stats.cx_active.Subtract(cells);
  stats.cx_http1_active.Subtract(cells);
  const auto length =
      std::chrono::duration_cast<std::chrono::milliseconds>(worker_.context().loop.now() - opened_);
  stats.cx_length_ms.Record(cells, static_cast<uint64_t>(length.count()));
  AbandonStreams();
  owner_.OnDownstreamClosed(*this, cause);
}

// ---- Streams.

StreamEvents& ConnectionManager::OnNewStream(CodecStream& codec_stream) {
  Stream& stream = NewStream();
  stream.SetCodecStream(&codec_stream);
  if (++requests_ == config_->requests_per_connection_max) {
    config_->stats.cx_max_requests_reached.Add(worker_.context().stats);
    codec_->StartDrain();
  }
  return stream;
}

Stream& ConnectionManager::NewStream() {
  StreamSlot* const slot = worker_.AcquireSlot();
  void* const memory = slot->arena.Allocate(sizeof(Stream), alignof(Stream));
  slot->stream = new (memory) Stream(*this, *slot, worker_.NextId());
  streams_.PushBack(*slot->stream);
  idle_deadline_ = kNever;
  head_deadline_ = kNever;
  return *slot->stream;
}

void ConnectionManager::OnStreamFinished(Stream& stream) {
  stream.ListNode<>::Unlink();
  worker_.Retire(&stream.slot());
  if (closed_ || !streams_.empty()) return;
  const Duration grace = draining_ ? config_->drain_timeout : config_->idle_timeout;
  idle_deadline_ = After(worker_.context().loop.now(), grace);
  ArmTimer();
}

// The message that is coming in cannot be accepted: says so where the protocol still can, then
// closes.
void ConnectionManager::RejectMessage(Failure failure, absl::string_view detail) {
  // In the middle of a body it is the open stream that ends with it.
  Stream& stream = streams_.empty() ? NewStream() : streams_.front();
  CodecStream* const codec_stream = codec_->StartErrorReply(stream);
  if (codec_stream == nullptr) {
    stream.OnConnectionLost();
    if (!closed_ && !connection_.closing()) connection_.Close(CloseKind::kFlush);
    return;
  }
  stream.SetCodecStream(codec_stream);
  stream.Reject(failure, detail);
}

void ConnectionManager::AbandonStreams() {
  streams_.ForEach([](Stream& stream) { stream.OnConnectionLost(); });
}

void ConnectionManager::CloseAfterReset() {
  if (!closed_ && !connection_.closing()) connection_.Close(CloseKind::kFlush);
}

// ---- Time.

MonotonicTime ConnectionManager::LifetimeDeadline() const {
  return lifetime_over_ ? kNever : After(opened_, config_->connection_duration_max);
}

void ConnectionManager::ArmTimer() {
  if (codec_->inside_head() && head_deadline_ == kNever) {
    head_deadline_ = After(worker_.context().loop.now(), config_->request_headers_timeout);
  }
  const MonotonicTime next = std::min({head_deadline_, idle_deadline_, LifetimeDeadline()});
  if (next != kNever) timer_.Arm(next - worker_.context().loop.now());
}

void ConnectionManager::OnTimer() {
  const MonotonicTime now = worker_.context().loop.now();
  StatCells& cells = worker_.context().stats;
  if (head_deadline_ <= now) {
    head_deadline_ = kNever;
    config_->stats.rq_header_timeout.Add(cells);
    return RejectMessage(Failure::kRequestHeadersTimeout, {});
  }
  if (idle_deadline_ <= now) {
    (draining_ ? config_->stats.cx_drain_close : config_->stats.cx_idle_timeout).Add(cells);
    return connection_.Close(CloseKind::kFlush);
  }
  if (LifetimeDeadline() <= now) {
    lifetime_over_ = true;
    config_->stats.cx_max_duration_reached.Add(cells);
    StartDrain();
  }
  ArmTimer();
}

// An idle connection is given drain_timeout for a request that may be on its way already: closing
// at once would make that request fail.
void ConnectionManager::StartDrain() {
  if (draining_ || closed_) return;
  draining_ = true;
  codec_->StartDrain();
  if (!streams_.empty()) return;
  idle_deadline_ =
      std::min(idle_deadline_, After(worker_.context().loop.now(), config_->drain_timeout));
  ArmTimer();
}

void ConnectionManager::CloseNow() {
  if (!closed_) connection_.Close(CloseKind::kNow);
}

void ConnectionManager::CountBytes() {
  StatCells& cells = worker_.context().stats;
  config_->stats.cx_rx_bytes_total.Add(cells, connection_.TakeBytesRead());
  config_->stats.cx_tx_bytes_total.Add(cells, connection_.TakeBytesWritten());
}

}  // namespace sluice
