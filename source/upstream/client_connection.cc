#include "source/upstream/client_connection.h"

#include <utility>

#include "absl/strings/match.h"
#include "source/base/check.h"
#include "source/http/http1/codec.h"
#include "source/http/http2/codec.h"
#include "source/upstream/connection_pool.h"
#include "source/upstream/worker_cluster.h"

namespace sluice {
namespace {

// As on the wire (RFC 7301 section 3.1).
absl::string_view AlpnOffer(UpstreamProtocol protocol) {
  switch (protocol) {
    case UpstreamProtocol::kHttp2:
      return "\x02h2";
    case UpstreamProtocol::kAuto:
      return "\x02h2\x08http/1.1";
    default:
      return {};
  }
}

// Bytes are counted when a stream ends; of a long one also meanwhile.
constexpr uint64_t kUncountedBytesMax = 256_KiB;

}  // namespace

ClientConnection::ClientConnection(ConnectionPool& pool, RoutePriority priority,
                                   std::unique_ptr<IoHandle> io)
    : pool_(pool),
      spec_(pool.spec_),
      host_(pool.host_),
      priority_(priority),
      expected_streams_(pool.ExpectedStreams()),
      created_(pool.cluster_.worker().loop.now()),
      connection_(pool.cluster_.worker(), Connection::Side::kConnecting, std::move(io),
                  MakeTransport(pool), spec_->settings->connection) {}

// May come after the pool's end: touches nothing but what it owns.
ClientConnection::~ClientConnection() = default;

ClientConnection::Http2Side::Http2Side(ClientConnection& connection, Random& random)
    : keep_alive(connection.spec_->settings->http2, random, connection.created_),
      timer(connection.connection_.worker().loop, &connection,
            kMethod<&ClientConnection::OnKeepAliveTime>) {}

std::unique_ptr<TransportSocket> ClientConnection::MakeTransport(ConnectionPool& pool) {
  const ClusterSpec& spec = *pool.spec_;
  const ClientTransportFactory* const transport = TransportOf(spec, pool.host_->facts());
  if (transport == nullptr) return nullptr;
  return transport->Create(
      pool.cluster_.worker(),
      {.address = pool.cluster_.AddressesOf(*pool.host_).front(),
       .host_name = pool.host_->facts().hostname,
       .server_name = spec.settings->auto_sni ? pool.server_name_ : absl::string_view(),
       .verify_name = spec.settings->auto_san_validation ? pool.server_name_ : absl::string_view(),
       .alpn = AlpnOffer(pool.protocol_)});
}

// What the pool is for, or what the host has agreed to.
void ClientConnection::MakeCodec() {
  WorkerContext& worker = connection_.worker();
  const UpstreamProtocol wanted = pool_.protocol_;
  const bool http2 = wanted == UpstreamProtocol::kHttp2 ||
                     (wanted == UpstreamProtocol::kAuto && connection_.transport().alpn() == "h2");
  if (http2) {
    http2_ = std::make_unique<Http2Side>(*this, worker.random);
    codec_ = MakeHttp2ClientCodec(spec_->settings->codec_limits, spec_->settings->http2,
                                  *spec_->stats.http2, worker, connection_);
    spec_->stats.cx_http2_total.Add(worker.stats);
    OnKeepAliveTime();
    WantWrite();  // the preface
  } else {
    codec_ = MakeHttp1ClientCodec(spec_->settings->codec_limits, spec_->settings->http1,
                                  worker.slabs, connection_);
    spec_->stats.cx_http1_total.Add(worker.stats);
  }
}

std::shared_ptr<const TlsFacts> ClientConnection::tls() {
  if (tls_ == nullptr) {
    const TlsFacts* const facts = connection_.transport().tls_facts();
    if (facts != nullptr) tls_ = std::make_shared<const TlsFacts>(*facts);
  }
  return tls_;
}

CodecStream& ClientConnection::StartStream(StreamEvents& events) {
  SLUICE_DCHECK(state_ == State::kReady);
  if (http2_ != nullptr && http2_->keep_alive.AsksBeforeStream(connection_.worker().loop.now(),
                                                               codec_->unanswered_pings())) {
    codec_->SendPing();
    OnKeepAliveTime();
  }
  ++streams_started_;
  ++open_streams_;
  CodecStream& stream = codec_->StartStream(events);
  pool_.OnStreamStarted(*this);
  return stream;
}

void ClientConnection::ResetStream(CodecStream& stream, ResetCode code) {
  if (state_ == State::kClosed) return;
  spec_->stats.rq_tx_reset.Add(connection_.worker().stats);
  stream.Reset(code);
  if (http2_ != nullptr) {
    WantWrite();  // RST_STREAM
  } else {
    broken_ = broken_ || codec_->available_streams() == 0;
    cut_tunnel_ = codec_->in_tunnel();
  }
  // At once, also inside the codec: whoever resets may ask for another stream next, and this one's
  // place under the circuit breaker is free.
  CountEndedStreams(codec_->open_streams());
  if (!inside_codec_) pool_.Settle(*this);
}

void ClientConnection::OnTunnelOpened() {
  if (http2_ == nullptr) connection_.AllowHalfClose();
  pool_.cluster_.breaker().AddTunnel(priority_, http2_ == nullptr);
}

void ClientConnection::OnTunnelEnded() {
  pool_.cluster_.breaker().RemoveTunnel(priority_, http2_ == nullptr);
}

void ClientConnection::StepBack() { pool_.StepBack(*this); }

void ClientConnection::OnConnected() {
  MakeCodec();
  pool_.OnConnected(*this);
}

void ClientConnection::OnBytes(Buffer& in, End end) {
  if (connection_.bytes_read() > kUncountedBytesMax) CountBytes();
  if (state_ == State::kRetired) return in.Clear();
  if (open_streams_ == 0 && http2_ == nullptr) return OnIdleBytes(in, end);
  inside_codec_ = true;
  const CodecError error = codec_->Parse(in, end);
  inside_codec_ = false;
  CountEndedStreams(codec_->open_streams());
  // Bytes behind a complete response answer nothing (RFC 9112 section 9.2): whose they are is
  // unknowable.
  const bool surplus = open_streams_ == 0 && !in.empty() && http2_ == nullptr;
  if ((error != CodecError::kNone && error != CodecError::kUnexpectedEnd) || surplus) {
    spec_->stats.cx_protocol_error.Add(connection_.worker().stats);
  }
  // An open stream that the end did not cut short has paused, and goes on with what is in `in`.
  peer_ended_ = peer_ended_ || end == End::kYes;
  if (error == CodecError::kNone && !surplus) {
    if (http2_ != nullptr) AfterHttp2Bytes();
    return pool_.Settle(*this);
  }
  broken_ = broken_ || error != CodecError::kNone;
  AbandonStreams();
  pool_.Retire(*this);
}

// The codec may have something to say that no stream has asked for: SETTINGS, WINDOW_UPDATE, an
// answer to a PING.
void ClientConnection::AfterHttp2Bytes() {
  http2_->keep_alive.OnBytes(connection_.worker().loop.now());
  if (codec_->wants_fill()) connection_.WantWrite();
  if (http2_->goaway_seen || peer_ended_ || !codec_->must_close()) return;
  http2_->goaway_seen = true;
  spec_->stats.cx_close_notify.Add(connection_.worker().stats);
}

void ClientConnection::OnIdleBytes(Buffer& in, End end) {
  // Nobody asked for anything, so this is the peer's farewell (a 408, which is no error) or its
  // mistake.
  if (!in.empty()) {
    char scratch[12];
    const size_t n = in.size() < sizeof(scratch) ? in.size() : sizeof(scratch);
    if (!absl::EndsWith(in.Linear(n, scratch), " 408")) {
      spec_->stats.cx_protocol_error.Add(connection_.worker().stats);
    }
    in.Clear();
  } else if (end == End::kNo) {
    return;
  }
  pool_.Retire(*this);
}

void ClientConnection::FillOutput(Buffer& out, size_t bytes_max) {
  if (codec_ == nullptr || (state_ == State::kRetired && http2_ == nullptr)) return;
  inside_codec_ = true;
  codec_->Fill(out, bytes_max);
  inside_codec_ = false;
  if (codec_->tunnel_out_ended()) connection_.CloseWriteSide();
  const size_t open_streams = codec_->open_streams();
  if (open_streams == open_streams_) return;
  CountEndedStreams(open_streams);
  pool_.Settle(*this);
}

void ClientConnection::OnConnectionClosed(CloseCause cause) {
  CountBytes();
  pool_.OnClosed(*this, cause);
}

void ClientConnection::RunEndOfTurn() {
  if (state_ != State::kRetired) return;
  if (!connection_.connected()) return connection_.Close(CloseKind::kNow);
  if (http2_ != nullptr) {
    // RFC 9113 section 6.8: with a GOAWAY, so that the peer knows why.
    codec_->StartDrain();
    return connection_.Close(CloseKind::kFlush);
  }
  if (cut_tunnel_) return connection_.Close(CloseKind::kAbort);
  // Of a whole exchange the peer is to get the end; of a broken one nothing more.
  const bool flush = !broken_ && connection_.unwritten_bytes() > 0;
  connection_.Close(flush ? CloseKind::kFlush : CloseKind::kNow);
}

// A tunnel's connection ends with its first stream, and is spared the timers that the limits of the
// others need.
void ClientConnection::LimitIdleTime(Duration timeout) {
  if (timeout.count() == 0) return;
  if (idle_timer_ == nullptr) {
    idle_timer_ = std::make_unique<Timer>(connection_.worker().loop, this,
                                          kMethod<&ClientConnection::OnIdleTimeout>);
  }
  idle_timer_->Arm(timeout);
}

void ClientConnection::LimitLifetime(Duration duration) {
  if (duration.count() == 0) return;
  lifetime_timer_ = std::make_unique<Timer>(connection_.worker().loop, this,
                                            kMethod<&ClientConnection::OnLifetimeOver>);
  lifetime_timer_->Arm(duration);
}

void ClientConnection::OnIdleTimeout() {
  if (state_ != State::kReady || open_streams_ > 0) return;
  spec_->stats.cx_idle_timeout.Add(connection_.worker().stats);
  pool_.Retire(*this);
}

void ClientConnection::OnLifetimeOver() {
  spec_->stats.cx_max_duration_reached.Add(connection_.worker().stats);
  lifetime_over_ = true;
  pool_.Settle(*this);
}

void ClientConnection::OnKeepAliveTime() {
  KeepAlive& keep_alive = http2_->keep_alive;
  const MonotonicTime now = connection_.worker().loop.now();
  switch (keep_alive.OnTime(now, codec_->unanswered_pings())) {
    case KeepAlive::Step::kNothing:
      break;
    case KeepAlive::Step::kPing:
      codec_->SendPing();
      connection_.WantWrite();
      break;
    case KeepAlive::Step::kGiveUp:
      spec_->stats.http2->keepalive_timeout.Add(connection_.worker().stats);
      return connection_.Close(CloseKind::kNow);
  }
  if (keep_alive.next() != KeepAlive::kNever) http2_->timer.Arm(keep_alive.next() - now);
}

void ClientConnection::CountEndedStreams(size_t open_streams) {
  if (open_streams >= open_streams_) return;
  const size_t ended = open_streams_ - open_streams;
  open_streams_ = static_cast<uint32_t>(open_streams);
  CountBytes();
  pool_.OnStreamsEnded(*this, ended);
}

void ClientConnection::CountBytes() {
  StatCells& cells = connection_.worker().stats;
  const uint64_t rx = connection_.TakeBytesRead(), tx = connection_.TakeBytesWritten();
  if (rx > 0) spec_->stats.cx_rx_bytes_total.Add(cells, rx);
  if (tx > 0) spec_->stats.cx_tx_bytes_total.Add(cells, tx);
}

void ClientConnection::AbandonStreams() {
  if (open_streams_ == 0) return;
  broken_ = true;
  // Counted off first: those who are told may try again at once.
  CountEndedStreams(0);
  codec_->OnConnectionLost();
}

}  // namespace sluice
