#include "source/upstream/host_connection.h"

#include <string.h>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "source/upstream/worker_cluster.h"

namespace sluice {
namespace {

constexpr RoutePriority kPriority = RoutePriority::kDefault;
constexpr auto kRelaxed = std::memory_order_relaxed;

uint64_t Milliseconds(Duration duration) {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

}  // namespace

std::unique_ptr<HostConnection> HostConnection::Open(WorkerCluster& cluster, Host& host,
                                                     absl::string_view server_name) {
  CircuitBreaker& breaker = cluster.breaker();
  const ClusterStats& stats = cluster.spec().stats;
  StatCells& cells = cluster.worker().stats;
  const BreakerLimits& limits = cluster.spec().settings->breakers[static_cast<size_t>(kPriority)];
  if (host.cx_active.load(kRelaxed) >= limits.host_connections_max ||
      !breaker.TryAcquire(kPriority, BreakerResource::kConnections)) {
    stats.cx_overflow.Add(cells);
    return nullptr;
  }
  if (!breaker.TryAcquire(kPriority, BreakerResource::kPendingRequests)) {
    breaker.Release(kPriority, BreakerResource::kConnections);
    stats.rq_pending_overflow.Add(cells);
    return nullptr;
  }
  return absl::WrapUnique(new HostConnection(cluster, host, server_name));
}

HostConnection::HostConnection(WorkerCluster& cluster, Host& host, absl::string_view server_name)
    : spec_(cluster.PinSpec()),
      host_(host.shared_from_this()),
      breaker_(cluster.PinBreaker()),
      outliers_(cluster.PinOutliers()),
      created_(cluster.worker().loop.now()),
      connection_(cluster.worker(), Connection::Side::kConnecting,
                  cluster.ConnectTo(host, cluster.spec()),
                  MakeTransport(cluster, host, server_name), spec_->settings->connection) {
  StatCells& cells = cluster.worker().stats;
  spec_->stats.cx_total.Add(cells);
  spec_->stats.cx_active.Add(cells);
  spec_->stats.rq_pending_total.Add(cells);
  spec_->stats.rq_pending_active.Add(cells);
  host_->cx_total.fetch_add(1, kRelaxed);
  host_->cx_active.fetch_add(1, kRelaxed);
}

HostConnection::~HostConnection() { OnClosed(CloseCause::kLocal); }

std::unique_ptr<TransportSocket> HostConnection::MakeTransport(WorkerCluster& cluster,
                                                               const Host& host,
                                                               absl::string_view server_name) {
  const ClusterSpec& spec = cluster.spec();
  const ClientTransportFactory* const transport = TransportOf(spec, host.facts());
  if (transport == nullptr) return nullptr;
  return transport->Create(
      cluster.worker(),
      {.address = cluster.AddressesOf(host).front(),
       .host_name = host.facts().hostname,
       .server_name = spec.settings->auto_sni ? server_name : absl::string_view(),
       .verify_name = spec.settings->auto_san_validation ? server_name : absl::string_view(),
       .alpn = {}});
}

void HostConnection::OnConnected() {
  if (state_ != State::kConnecting) return;
  state_ = State::kConnected;
  StatCells& cells = connection_.worker().stats;
  const ClusterStats& stats = spec_->stats;
  breaker_->Release(kPriority, BreakerResource::kPendingRequests);
  stats.rq_pending_active.Subtract(cells);
  stats.rq_total.Add(cells);
  stats.rq_active.Add(cells);
  stats.cx_connect_ms.Record(cells, Milliseconds(connection_.worker().loop.now() - created_));
  if (outliers_ != nullptr) outliers_->OnTunnelConnected(*host_);
  host_->rq_total.fetch_add(1, kRelaxed);
  host_->rq_active.fetch_add(1, kRelaxed);
}

void HostConnection::OnClosed(CloseCause cause) {
  if (state_ == State::kClosed) return;
  CountBytes();
  StatCells& cells = connection_.worker().stats;
  const ClusterStats& stats = spec_->stats;
  if (state_ == State::kConnecting) {
    breaker_->Release(kPriority, BreakerResource::kPendingRequests);
    stats.rq_pending_active.Subtract(cells);
    CountConnectFailure(cause);
  } else {
    stats.rq_active.Subtract(cells);
    stats.cx_destroy_with_active_rq.Add(cells);
    host_->rq_active.fetch_sub(1, kRelaxed);
  }
  state_ = State::kClosed;
  breaker_->Release(kPriority, BreakerResource::kConnections);
  stats.cx_active.Subtract(cells);
  stats.cx_destroy.Add(cells);
  (cause == CloseCause::kLocal ? stats.cx_destroy_local : stats.cx_destroy_remote).Add(cells);
  stats.cx_length_ms.Record(cells, Milliseconds(connection_.worker().loop.now() - created_));
  host_->cx_active.fetch_sub(1, kRelaxed);
}

void HostConnection::CountConnectFailure(CloseCause cause) {
  StatCells& cells = connection_.worker().stats;
  const ClusterStats& stats = spec_->stats;
  if (cause == CloseCause::kLocal) return stats.rq_cancelled.Add(cells);
  failure_ = cause;
  stats.rq_pending_failure_eject.Add(cells);
  stats.cx_connect_fail.Add(cells);
  if (cause == CloseCause::kConnectTimeout) stats.cx_connect_timeout.Add(cells);
  host_->cx_connect_fail.fetch_add(1, kRelaxed);
  if (outliers_ != nullptr) outliers_->OnBroken(*host_);
}

bool HostConnection::CountBytes() {
  StatCells& cells = connection_.worker().stats;
  const uint64_t received = connection_.TakeBytesRead(), sent = connection_.TakeBytesWritten();
  if (received > 0) spec_->stats.cx_rx_bytes_total.Add(cells, received);
  if (sent > 0) spec_->stats.cx_tx_bytes_total.Add(cells, sent);
  bytes_received_ += received;
  bytes_sent_ += sent;
  return received > 0 || sent > 0;
}

std::string HostConnection::FailureReason() {
  switch (failure_) {
    case CloseCause::kConnectFailed: {
      char scratch[128];
      const int error = connection_.io().ConnectError();
      return absl::StrCat("delayed connect error: ", strerror_r(error, scratch, sizeof(scratch)));
    }
    case CloseCause::kConnectTimeout:
      return "connection timeout";
    case CloseCause::kHandshakeFailed:
      return std::string(connection_.transport().failure_reason());
    default:
      return {};
  }
}

}  // namespace sluice
