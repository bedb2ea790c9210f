#include "source/proxy/connection_manager.h"

#include <algorithm>

#include "source/http/http1/codec.h"
#include "source/http/http2/codec.h"
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
      timer_(args.worker.loop, this, kMethod<&ConnectionManager::OnTimer>),
      opened_(args.worker.loop.now()),
      stream_buffer_bytes_max_(static_cast<uint32_t>(args.buffer_bytes_max)) {
  TransportSocket& transport = connection_.transport();
  facts_.io = &connection_.io();
  facts_.accepted = std::move(args.accepted);
  facts_.connection_id = worker_.NextId();
  facts_.secure = transport.secure();
  connection_.LimitHandshake(args.handshake_timeout);
  const ConnectionManagerStats& stats = config_->stats;
  StatCells& cells = worker_.context().stats;
  stats.cx_total.Add(cells);
  stats.cx_active.Add(cells);
  if (facts_.secure) {
    facts_.transport = &transport;
    stats.cx_ssl_total.Add(cells);
    stats.cx_ssl_active.Add(cells);
  }
  if (args.draining) StartDrain();
}

ConnectionManager::~ConnectionManager() {
  AbandonStreams();
  owner_waits_ = false;
  DropLeavingStreams();
}

void ConnectionManager::Start() {
  // Sooner where it is to end.
  idle_deadline_ = std::min(idle_deadline_, After(opened_, config_->idle_timeout));
  ArmTimer();
  connection_.Start(*this);
}

// ---- Which HTTP it is.

// False: too few bytes have come to tell. As Envoy: what ALPN has agreed on counts; where it has
// not, the preface of HTTP/2 (RFC 9113 section 3.4).
bool ConnectionManager::ChooseCodec(Buffer& in) {
  if (in.empty()) return false;
  DetectedProtocol protocol = DetectedProtocol::kHttp1;
  if (config_->codec_type == CodecType::kHttp2) protocol = DetectedProtocol::kHttp2;
  if (config_->codec_type == CodecType::kAuto) {
    const absl::string_view alpn = connection_.transport().alpn();
    if (alpn.empty()) {
      char scratch[kHttp2Preface.size()];
      protocol = DetectProtocol(in.Linear(std::min(in.size(), sizeof(scratch)), scratch));
    } else if (alpn == "h2") {
      protocol = DetectedProtocol::kHttp2;
    }
  }
  if (protocol != DetectedProtocol::kNeedMore) {
    MakeCodec(protocol);
    return true;
  }
  if (head_deadline_ == kNever) {
    head_deadline_ = After(worker_.context().loop.now(), config_->request_headers_timeout);
  }
  return false;
}

void ConnectionManager::MakeCodec(DetectedProtocol protocol) {
  WorkerContext& context = worker_.context();
  const ConnectionManagerStats& stats = config_->stats;
  if (protocol == DetectedProtocol::kHttp2) {
    stats.cx_http2_total.Add(context.stats);
    stats.cx_http2_active.Add(context.stats);
    http2_.reset(new Http2Side{KeepAlive(config_->http2, context.random, opened_)});
    codec_ = MakeHttp2ServerCodec(*this, config_->codec_limits, config_->http2, stats.http2,
                                  context, connection_);
  } else {
    stats.cx_http1_total.Add(context.stats);
    stats.cx_http1_active.Add(context.stats);
    codec_ = MakeHttp1ServerCodec(*this, config_->codec_limits, config_->http1, context.slabs,
                                  connection_);
  }
  if (draining_) StartGoAway();
}

// ---- Bytes in, bytes out.

void ConnectionManager::OnBytes(Buffer& in, End end) {
  CountBytes();
  if (codec_ == nullptr && !ChooseCodec(in)) {
    if (end == End::kYes) return CloseGracefully();
    return ArmTimer();
  }
  if (http2_ != nullptr) http2_->keep_alive.OnBytes(worker_.context().loop.now());
  if (codec_->Parse(in, end) != CodecError::kNone) {
    // The client has gone in the middle of a message: there is nobody to answer, and its stream
    // knows.
    if (codec_->error() == CodecError::kUnexpectedEnd) return CloseGracefully();
    config_->stats.cx_protocol_error.Add(worker_.context().stats);
    return RejectMessage(FailureOfRequest(codec_->error()), CodecErrorDetail(codec_->error()));
  }
  if (closed_) return;
  // A client that has closed its side is taken as gone, as Envoy does: an answer would most likely
  // find no reader, and its upstream should not work for nobody. A tunnel's end is only one of two.
  if (end == End::kYes && !codec_->in_tunnel()) {
    AbandonStreams();
    return CloseGracefully();
  }
  if (codec_->wants_fill()) {
    connection_.WantWrite();
  } else if (http2_ != nullptr) {
    CloseIfDone();  // a client's GOAWAY with no stream open
    if (closed_) return;
  }
  ArmTimer();
}

void ConnectionManager::FillOutput(Buffer& out, size_t bytes_max) {
  if (codec_ == nullptr) return;
  codec_->Fill(out, bytes_max);
  if (codec_->tunnel_out_ended()) connection_.CloseWriteSide();
  if (http2_ != nullptr && codec_->error() != CodecError::kNone) OnOutputError();
  if (aborts_expected_) AbortDrainedStreams(out, bytes_max);
  CloseIfDone();
}

// A flood that shows in what it makes us send. Parse, which tells of all others, does not return
// this one.
void ConnectionManager::OnOutputError() {
  if (closed_ || streams_.empty()) return;
  config_->stats.cx_protocol_error.Add(worker_.context().stats);
  RejectMessage(FailureOfRequest(codec_->error()), CodecErrorDetail(codec_->error()));
}

void ConnectionManager::AbortDrainedStreams(Buffer& out, size_t bytes_max) {
  aborts_expected_ = false;  // those that still wait say so again
  streams_.ForEach([](Stream& stream) { stream.AbortIfDrained(); });
  if (http2_ != nullptr && !closed_) codec_->Fill(out, bytes_max);  // their RST_STREAM
}

void ConnectionManager::CloseIfDone() {
  if (closed_ || !codec_->must_close() || codec_->open_streams() > 0 || codec_->wants_fill())
    return;
  if (connection_.closing()) return;
  if (draining_ && http2_ != nullptr) config_->stats.cx_drain_close.Add(worker_.context().stats);
  connection_.Close(codec_->peer_is_done() ? CloseKind::kFlushOnly : CloseKind::kFlush);
}

// Every request is complete: answers come first. Saves a connection that ends with its first answer
// from ever being watched.
bool ConnectionManager::AwaitsBytes() const {
  return streams_.empty() || http2_ != nullptr || !streams_.front().answers_next();
}

void ConnectionManager::OnConnectionClosed(CloseCause cause) {
  closed_ = true;
  timer_.Disarm();
  CountBytes();
  CountClosed(cause);
  AbandonStreams();
  if (streams_.empty()) return owner_.OnDownstreamClosed(*this, cause);
  close_cause_ = cause;
  owner_waits_ = true;
}

void ConnectionManager::CountClosed(CloseCause cause) {
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
  if (facts_.secure) stats.cx_ssl_active.Subtract(cells);
  if (codec_ != nullptr)
    (http2_ != nullptr ? stats.cx_http2_active : stats.cx_http1_active).Subtract(cells);
  const auto length =
      std::chrono::duration_cast<std::chrono::milliseconds>(worker_.context().loop.now() - opened_);
  stats.cx_length_ms.Record(cells, static_cast<uint64_t>(length.count()));
}

// ---- Streams.

StreamEvents& ConnectionManager::OnNewStream(CodecStream& codec_stream) {
  Stream& stream = NewStream();
  stream.SetCodecStream(&codec_stream);
  if (++requests_ == config_->requests_per_connection_max) {
    config_->stats.cx_max_requests_reached.Add(worker_.context().stats);
    StartGoAway();
  }
  return stream;
}

// HTTP/2: the codec refuses one request, and the connection goes on.
StreamEvents* ConnectionManager::OnBadRequest(CodecStream* codec_stream, CodecError error) {
  Stream& stream = NewStream();
  stream.SetCodecStream(codec_stream);
  stream.Reject(FailureOfRequest(error), CodecErrorDetail(error));
  return &stream;
}

Stream& ConnectionManager::NewStream() {
  StreamSlot* const slot = worker_.AcquireSlot();
  slot->stream = new (slot->place()) Stream(*this, *slot, worker_.NextId());
  streams_.PushBack(*slot->stream);
  idle_deadline_ = kNever;
  head_deadline_ = kNever;
  return *slot->stream;
}

void ConnectionManager::OnStreamFinished(Stream& stream) {
  stream.ListNode<>::Unlink();
  worker_.Retire(&stream.slot());
  if (owner_waits_ && streams_.empty()) return owner_.OnDownstreamClosed(*this, close_cause_);
  if (closed_ || !streams_.empty()) return;
  const Duration grace = draining_ ? config_->drain_timeout : config_->idle_timeout;
  idle_deadline_ = After(worker_.context().loop.now(), grace);
  ArmTimer();
}

// The message that is coming in cannot be accepted: says so where the protocol still can, then
// closes.
void ConnectionManager::RejectMessage(Failure failure, absl::string_view detail) {
  if (codec_ == nullptr) MakeCodec(DetectedProtocol::kHttp1);
  // In HTTP/2 all streams end with it: GOAWAY tells the client, this the log. In HTTP/1, in the
  // middle of a body, it is the open one that may still be answered.
  if (http2_ != nullptr && !streams_.empty()) {
    if (codec_->error() == CodecError::kNone) codec_->FinishDrain();
    streams_.ForEach([failure, detail](Stream& s) { s.EndWithConnection(failure, detail); });
    return CloseGracefully();
  }
  Stream& stream = streams_.empty() ? NewStream() : streams_.front();
  CodecStream* const codec_stream = codec_->StartErrorReply(stream);
  if (codec_stream != nullptr) {
    stream.SetCodecStream(codec_stream);
    return stream.Reject(failure, detail);
  }
  if (http2_ != nullptr) {
    stream.EndWithConnection(failure, detail);
  } else {
    stream.OnConnectionLost();
  }
  CloseGracefully();
}

void ConnectionManager::AbandonStreams() {
  if (http2_ != nullptr)
    codec_->OnConnectionLost();  // it would go on with them while it is flushed
  streams_.ForEach([](Stream& stream) { stream.OnConnectionLost(); });
}

void ConnectionManager::DropLeavingStreams() {
  streams_.ForEach([](Stream& stream) {
    if (stream.leaving()) stream.StopLeaving();
  });
}

void ConnectionManager::CloseAfterReset() {
  if (http2_ != nullptr) return connection_.WantWrite();
  if (!codec_->must_abort()) return CloseGracefully();
  if (!closed_ && !connection_.closing()) connection_.Close(CloseKind::kFlushAbort);
}

void ConnectionManager::CloseGracefully() {
  if (!closed_ && !connection_.closing()) connection_.Close(CloseKind::kFlush);
}

// ---- Time.

MonotonicTime ConnectionManager::LifetimeDeadline() const {
  return lifetime_over_ ? kNever : After(opened_, config_->connection_duration_max);
}

void ConnectionManager::ArmTimer() {
  const MonotonicTime now = worker_.context().loop.now();
  if (codec_ != nullptr) {
    if (!codec_->inside_head()) {
      head_deadline_ = kNever;
    } else if (head_deadline_ == kNever) {
      head_deadline_ = After(now, config_->request_headers_timeout);
    }
  }
  MonotonicTime next = std::min({head_deadline_, idle_deadline_, LifetimeDeadline()});
  if (http2_ != nullptr)
    next = std::min({next, http2_->keep_alive.next(), http2_->final_goaway_at});
  if (next != kNever) timer_.Arm(next - now);
}

void ConnectionManager::OnTimer() {
  const MonotonicTime now = worker_.context().loop.now();
  StatCells& cells = worker_.context().stats;
  if (head_deadline_ <= now) return OnHeadTimeout();
  if (idle_deadline_ <= now) {
    (draining_ ? config_->stats.cx_drain_close : config_->stats.cx_idle_timeout).Add(cells);
    if (http2_ != nullptr) codec_->FinishDrain();
    return connection_.Close(CloseKind::kFlush);
  }
  if (LifetimeDeadline() <= now) {
    lifetime_over_ = true;
    config_->stats.cx_max_duration_reached.Add(cells);
    StartDrain();
  }
  if (http2_ != nullptr && !OnHttp2Time(now)) return;
  ArmTimer();
}

void ConnectionManager::OnHeadTimeout() {
  head_deadline_ = kNever;
  config_->stats.rq_header_timeout.Add(worker_.context().stats);
  RejectMessage(Failure::kRequestHeadersTimeout, {});
}

// False: that was the end of the connection.
bool ConnectionManager::OnHttp2Time(MonotonicTime now) {
  switch (http2_->keep_alive.OnTime(now, codec_->unanswered_pings())) {
    case KeepAlive::Step::kNothing:
      break;
    case KeepAlive::Step::kPing:
      codec_->SendPing();
      connection_.WantWrite();
      break;
    case KeepAlive::Step::kGiveUp:
      config_->stats.http2.keepalive_timeout.Add(worker_.context().stats);
      connection_.Close(CloseKind::kNow);
      return false;
  }
  if (http2_->final_goaway_at <= now) {
    http2_->final_goaway_at = kNever;
    codec_->FinishDrain();
    connection_.WantWrite();
  }
  return true;
}

void ConnectionManager::CloseNow() {
  if (!closed_) connection_.Close(CloseKind::kNow);
  DropLeavingStreams();
}

void ConnectionManager::Describe(StreamInfo& info) const {
  info.downstream = &facts_;
  info.protocol = codec_ == nullptr ? HttpProtocol::kNone : codec_->protocol();
  info.request_body_bytes = info.downstream_wire_bytes_received = bytes_in_;
  info.response_body_bytes = info.downstream_wire_bytes_sent = bytes_out_;
}

void ConnectionManager::CountBytes() {
  StatCells& cells = worker_.context().stats;
  const uint64_t in = connection_.TakeBytesRead();
  const uint64_t out = connection_.TakeBytesWritten();
  config_->stats.cx_rx_bytes_total.Add(cells, in);
  config_->stats.cx_tx_bytes_total.Add(cells, out);
  bytes_in_ += in;
  bytes_out_ += out;
}

}  // namespace sluice
