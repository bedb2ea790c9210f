#include "source/proxy/tcp_proxy.h"

#include <algorithm>
#include <string>

#include "source/accesslog/access_log.h"
#include "source/upstream/original_dst.h"
#include "source/upstream/worker_cluster.h"

namespace sluice {
namespace {

constexpr MonotonicTime kNever = MonotonicTime::max();

MonotonicTime After(MonotonicTime from, Duration timeout) {
  return timeout.count() == 0 ? kNever : from + timeout;
}

}  // namespace

TcpProxy::TcpProxy(DownstreamArgs args, ProxyWorker& worker,
                   std::shared_ptr<const TcpProxyConfig> config)
    : worker_(worker),
      owner_(args.owner),
      config_(std::move(config)),
      connection_(args.worker, Connection::Side::kAccepted, std::move(args.io),
                  std::move(args.transport), config_->connection),
      tunnel_(args.worker.slabs, args.buffer_bytes_max),
      timer_(args.worker.loop, this, kMethod<&TcpProxy::OnTimer>),
      opened_(args.worker.loop.now()) {
  TransportSocket& transport = connection_.transport();
  facts_.io = &connection_.io();
  facts_.accepted = std::move(args.accepted);
  facts_.connection_id = worker_.NextId();
  facts_.secure = transport.secure();
  if (facts_.secure) facts_.transport = &transport;
  connection_.LimitHandshake(args.handshake_timeout);
  config_->stats.cx_total.Add(cells());
  if (config_->tunneling == nullptr) return;
  http_ = std::make_unique<HttpTunnel>(*this, worker_, *config_->tunneling, connection_,
                                       args.buffer_bytes_max);
}

TcpProxy::~TcpProxy() = default;

void TcpProxy::Start() {
  if (!config_->access_logs.empty()) {
    opened_wall_ = worker_.context().loop.wall_now();
    next_log_ = After(opened_, config_->log_interval);
  }
  ArmTimer();
  if (http_ == nullptr) tunnel_.Join(TunnelSide::kDownstream, connection_);
  connection_.Start(downstream_end_);
}

void TcpProxy::TunnelEnd::OnConnected() {
  if (side_ == TunnelSide::kDownstream) return proxy_.ConnectUpstream();
  proxy_.OnUpstreamConnected();
}

void TcpProxy::TunnelEnd::OnConnectionClosed(CloseCause cause) {
  if (side_ == TunnelSide::kDownstream) return proxy_.OnDownstreamClosed(cause);
  proxy_.OnUpstreamClosed(cause);
}

// ---- Bytes.

void TcpProxy::OnBytes(TunnelSide from, Buffer& in, End end) {
  http_ != nullptr ? http_->OnBytes(in, end) : tunnel_.OnBytes(from, in, end);
  NoteFlow();
}

// What leaves counts when it has left.
void TcpProxy::FillOutput(TunnelSide to, Buffer& out, size_t bytes_max) {
  const size_t before = out.size();
  if (http_ != nullptr) {
    http_->FillOutput(out, bytes_max);
  } else {
    tunnel_.FillOutput(to, out, bytes_max);
  }
  NoteFlow();
  if (out.size() == before) return;
  (to == TunnelSide::kDownstream ? connection_ : upstream_->connection()).NotifyWhenFlushed();
}

void TcpProxy::OnFlushed(TunnelSide side) {
  NoteFlow();
  if (http_ == nullptr) tunnel_.OnFlushed(side);
}

size_t TcpProxy::WaitingBytes(TunnelSide to) const {
  if (http_ == nullptr) return tunnel_.waiting_bytes(to);
  return to == TunnelSide::kUpstream ? http_->bytes_to_host() : http_->bytes_to_client();
}

bool TcpProxy::Paused(TunnelSide from) const {
  if (http_ == nullptr) return tunnel_.paused(from);
  return from == TunnelSide::kDownstream ? http_->client_paused() : http_->host_paused();
}

// Counts what has moved; the idle timeout runs from there.
void TcpProxy::NoteFlow() {
  bool moved = CountDownstream();
  if (upstream_ != nullptr) moved |= upstream_->CountBytes();
  if (moved && last_active_ != MonotonicTime{}) last_active_ = now();
  const TcpProxyStats& stats = config_->stats;
  const bool downstream_paused = Paused(TunnelSide::kDownstream);
  if (downstream_paused != downstream_paused_) {
    downstream_paused_ = downstream_paused;
    (downstream_paused ? stats.paused_reading : stats.resumed_reading).Add(cells());
  }
  const bool upstream_paused = Paused(TunnelSide::kUpstream);
  if (upstream_paused == upstream_paused_) return;
  upstream_paused_ = upstream_paused;
  const ClusterStats& cluster = (http_ != nullptr ? *http_->spec() : upstream_->spec()).stats;
  (upstream_paused ? cluster.flow_control_paused_reading : cluster.flow_control_resumed_reading)
      .Add(cells());
}

bool TcpProxy::CountDownstream() {
  const TcpProxyStats& stats = config_->stats;
  const uint64_t received = connection_.TakeBytesRead(), sent = connection_.TakeBytesWritten();
  if (received > 0) stats.cx_rx_bytes_total.Add(cells(), received);
  if (sent > 0) stats.cx_tx_bytes_total.Add(cells(), sent);
  bytes_received_ += received;
  bytes_sent_ += sent;
  uint32_t rx = 0, tx = 0;
  if (!finished_) {
    rx = static_cast<uint32_t>(WaitingBytes(TunnelSide::kUpstream));
    tx = static_cast<uint32_t>(WaitingBytes(TunnelSide::kDownstream) +
                               (downstream_closed_ ? 0 : connection_.unwritten_bytes()));
  }
  // Of a tunnel through HTTP it is all that shows of what the host takes and sends.
  const bool host_moved = rx < noted_rx_buffered_ || tx > noted_tx_buffered_;
  if (rx != noted_rx_buffered_) {
    stats.cx_rx_bytes_buffered.Add(cells(), int64_t{rx} - noted_rx_buffered_);
    noted_rx_buffered_ = rx;
  }
  if (tx != noted_tx_buffered_) {
    stats.cx_tx_bytes_buffered.Add(cells(), int64_t{tx} - noted_tx_buffered_);
    noted_tx_buffered_ = tx;
  }
  return received > 0 || sent > 0 || host_moved;
}

// ---- To a host.

// Once the client is there, and again after each try that has failed. As Envoy, each of them
// chooses among weighted clusters anew.
void TcpProxy::ConnectUpstream() {
  Random& random = worker_.context().random;
  const std::string& name = config_->ChooseCluster(random.Next());
  WorkerCluster* const cluster = worker_.clusters().Find(name);
  if (cluster == nullptr) {
    config_->stats.cx_no_route.Add(cells());
    return GiveUp(ResponseFlag::kNoClusterFound);
  }
  cluster_name_ = &name;
  if (attempts_ == config_->connect_attempts_max) {
    cluster->spec().stats.cx_connect_attempts_exceeded.Add(cells());
    return GiveUp(ResponseFlag::kUpstreamRetryLimitExceeded);
  }
  Host* const host = cluster->spec().settings->original_dst.has_value()
                         ? PickOriginalHost(*cluster, nullptr, &facts_)
                         : cluster->PickHost(random.Next());
  if (host == nullptr) return GiveUp(ResponseFlag::kNoHealthyUpstream);
  if (http_ != nullptr) {
    ++attempts_;
    if (http_->Connect(*cluster, *host, Facts())) return;
    return GiveUp(ResponseFlag::kUpstreamConnectionFailure);
  }
  std::unique_ptr<HostConnection> opened = HostConnection::Open(*cluster, *host);
  if (opened == nullptr) return GiveUp(ResponseFlag::kUpstreamOverflow);
  if (upstream_ != nullptr) worker_.context().loop.DeleteLater(std::move(upstream_));
  upstream_ = std::move(opened);
  ++attempts_;
  tunnel_.SetLimit(TunnelSide::kUpstream, cluster->spec().settings->connection_buffer_bytes_max);
  tunnel_.Join(TunnelSide::kUpstream, upstream_->connection());
  upstream_->connection().Start(upstream_end_);
}

void TcpProxy::OnUpstreamConnected() {
  upstream_->OnConnected();
  last_active_ = now();
  ArmTimer();
  if (upstream_->spec().settings->closes_on_host_failure) {
    watch_ = std::make_unique<HostWatch>(this, kMethod<&TcpProxy::OnHostState>);
    worker_.clusters().Watch(*watch_, *cluster_name_, upstream_->host().address());
  }
  if (config_->log_when_connected) WriteAccessLogs(AccessLogType::kTcpUpstreamConnected);
}

// As in Envoy, who was picked in panic stays as ill as it was.
void TcpProxy::OnHostState() {
  if (watch_->state() != HostState::kUnhealthy || upstream_over()) return;
  termination_details_ = "host_unhealthy";
  CloseBoth();
}

void TcpProxy::OnUpstreamClosed(CloseCause cause) {
  const bool was_connecting = upstream_->connecting();
  upstream_->OnClosed(cause);
  if (was_connecting && cause != CloseCause::kLocal) {
    flags_.Set(ResponseFlag::kUpstreamConnectionFailure);
    tunnel_.Leave(TunnelSide::kUpstream);
    return ConnectUpstream();
  }
  tunnel_.OnClosed(TunnelSide::kUpstream, cause);
  FinishIfOver();
}

void TcpProxy::OnTunnelOpened() {
  last_active_ = now();
  ArmTimer();
  if (config_->log_when_connected) WriteAccessLogs(AccessLogType::kTcpUpstreamConnected);
}

void TcpProxy::OnTunnelFailed(AttemptFailure::Kind kind) {
  if (kind == AttemptFailure::Kind::kOverflow) return GiveUp(ResponseFlag::kUpstreamOverflow);
  flags_.Set(ResponseFlag::kUpstreamConnectionFailure);
  ConnectUpstream();
}

bool TcpProxy::upstream_over() const {
  if (http_ != nullptr) return http_->over();
  return upstream_ == nullptr || upstream_->closed();
}

// Nobody can be served: as Envoy, without a word.
void TcpProxy::GiveUp(ResponseFlag flag) {
  flags_.Set(flag);
  CloseBoth();
}

// ---- How it ends.

void TcpProxy::OnDownstreamClosed(CloseCause cause) {
  downstream_closed_ = true;
  downstream_cause_ = cause;
  if (cause == CloseCause::kConnectTimeout) termination_details_ = kHandshakeTimeoutDetails;
  if (http_ != nullptr) {
    http_->OnClientClosed(cause);
  } else {
    tunnel_.OnClosed(TunnelSide::kDownstream, cause);
  }
  if (upstream_over()) return FinishIfOver();
  if (closing_) return;
  flushing_ = true;
  config_->stats.upstream_flush_total.Add(cells());
  config_->stats.upstream_flush_active.Add(cells());
}

void TcpProxy::EndTunnels() {
  termination_details_ = "drain_time_over";
  CloseBoth();
}

void TcpProxy::CloseBoth() {
  closing_ = true;
  if (http_ != nullptr) {
    http_->Cancel();
  } else if (!upstream_over()) {
    upstream_->connection().Close(CloseKind::kNow);
  }
  connection_.Close(CloseKind::kNow);
  FinishIfOver();  // a tunnel that is cancelled says nothing, and the client may have gone before
}

void TcpProxy::FinishIfOver() {
  if (finished_ || !downstream_closed_ || !upstream_over()) return;
  finished_ = true;
  timer_.Disarm();
  NoteFlow();
  if (flushing_) config_->stats.upstream_flush_active.Subtract(cells());
  WriteAccessLogs(AccessLogType::kTcpConnectionEnd);
  owner_.OnDownstreamClosed(*this, downstream_cause_);
}

// ---- Time.

// Activity does not move the timer: what the deadline has become shows when it comes.
void TcpProxy::ArmTimer() {
  MonotonicTime next = std::min(After(opened_, config_->connection_duration_max), next_log_);
  if (last_active_ != MonotonicTime{}) {
    next = std::min(next, After(last_active_, config_->idle_timeout));
  }
  if (next != kNever) timer_.Arm(next - now());
}

void TcpProxy::OnTimer() {
  const TcpProxyStats& stats = config_->stats;
  NoteFlow();
  if (After(opened_, config_->connection_duration_max) <= now()) {
    stats.duration_timeout.Add(cells());
    termination_details_ = "max_connection_duration_reached";
    return GiveUp(ResponseFlag::kDurationTimeout);
  }
  if (last_active_ != MonotonicTime{} && After(last_active_, config_->idle_timeout) <= now()) {
    stats.idle_timeout.Add(cells());
    termination_details_ = "tcp_session_idle_timeout";
    return CloseBoth();
  }
  if (next_log_ <= now()) {
    next_log_ = now() + config_->log_interval;
    WriteAccessLogs(AccessLogType::kTcpPeriodic);
  }
  ArmTimer();
}

// ---- The log.

void TcpProxy::Describe(StreamInfo& info) const {
  info.downstream = &facts_;
  info.protocol = HttpProtocol::kNone;
  info.flags = flags_;
  info.request_body_bytes = info.downstream_wire_bytes_received = bytes_received_;
  info.response_body_bytes = info.downstream_wire_bytes_sent = bytes_sent_;
  if (termination_details_ != nullptr) info.connection_termination_details = termination_details_;
}

// What is known of the client's side.
StreamInfo TcpProxy::Facts() const {
  StreamInfo info;
  Describe(info);
  info.start_wall = opened_wall_;
  info.start = opened_;
  info.end = now();
  info.upstream_protocol = HttpProtocol::kNone;
  info.stream_id = facts_.connection_id;
  info.attempts = static_cast<uint16_t>(std::min<uint32_t>(attempts_, UINT16_MAX));
  if (cluster_name_ != nullptr) info.upstream_cluster = *cluster_name_;
  return info;
}

void TcpProxy::DescribeUpstream(StreamInfo& info, std::string& failure_reason) {
  if (http_ != nullptr) {
    const StreamInfo& facts = http_->facts();
    info.upstream_transport_failure_reason = facts.upstream_transport_failure_reason;
    info.upstream_host = facts.upstream_host;
    info.upstream_address = facts.upstream_address;
    info.upstream_io = facts.upstream_io;
    info.upstream_local_kept = facts.upstream_local_kept;
    info.upstream_tls = facts.upstream_tls;
    if (facts.upstream_local_address() != nullptr) info.upstream_protocol = facts.upstream_protocol;
    return;
  }
  if (upstream_ == nullptr) return;
  failure_reason = upstream_->FailureReason();
  info.upstream_transport_failure_reason = failure_reason;
  info.upstream_host = &upstream_->host().address();
  if (upstream_->connection().connected()) {
    info.upstream_address = &upstream_->connection().io().peer_address();
    info.upstream_io = &upstream_->connection().io();
  }
  info.upstream_wire_bytes_received = upstream_->bytes_received();
  info.upstream_wire_bytes_sent = upstream_->bytes_sent();
  // Not shared: it lives for the call.
  info.upstream_tls = {std::shared_ptr<const TlsFacts>(),
                       upstream_->connection().transport().tls_facts()};
}

void TcpProxy::WriteAccessLogs(AccessLogType type) {
  if (config_->access_logs.empty()) return;
  NoteFlow();
  StreamInfo info = Facts();
  std::string failure_reason;
  DescribeUpstream(info, failure_reason);
  WorkerContext& context = worker_.context();
  const FormatContext format{.info = info, .now = context.loop.wall_now(), .type = type};
  for (const auto& log : config_->access_logs) log->Log(context.index, format, worker_.scratch());
}

}  // namespace sluice
