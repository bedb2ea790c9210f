#include "source/upstream/connection_pool.h"

#include <string.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "source/base/check.h"
#include "source/upstream/worker_cluster.h"

namespace sluice {
namespace {

constexpr RoutePriority kPriorities[] = {RoutePriority::kDefault, RoutePriority::kHigh};
constexpr auto kRelaxed = std::memory_order_relaxed;

uint64_t Milliseconds(Duration duration) {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

}  // namespace

void PoolWaiter::CancelWaiting() {
  if (pool_ != nullptr) pool_->Cancel(*this);
}

ConnectionPool::ConnectionPool(WorkerCluster& cluster, std::shared_ptr<Host> host,
                               const PoolKey& key)
    : cluster_(cluster),
      spec_(cluster.PinSpec()),
      cells_(cluster.worker().stats),
      host_(std::move(host)),
      protocol_(key.protocol),
      server_name_(key.server_name) {}

ConnectionPool::~ConnectionPool() {
  draining_ = true;
  for (Lane& lane : lanes_) {
    FailWaiters(lane, lane.waiting, PoolFailure::kConnectFailed, "cluster removed");
    for (auto* list : {&lane.ready, &lane.busy, &lane.connecting}) CloseAll(*list);
  }
  CloseAll(retired_);
}

void ConnectionPool::Request(PoolWaiter& waiter, RoutePriority priority) {
  if (draining_) return waiter.OnPoolFailure(PoolFailure::kConnectFailed, "host removed");
  Lane& lane = this->lane(priority);
  if (!lane.ready.empty()) return Give(waiter, lane.ready.front());
  if (!cluster_.breaker().TryAcquire(priority, BreakerResource::kPendingRequests)) {
    stats().rq_pending_overflow.Add(cells_);
    return waiter.OnPoolFailure(PoolFailure::kOverflow, {});
  }
  waiter.pool_ = this;
  waiter.priority_ = priority;
  lane.waiters.PushBack(waiter);
  ++lane.waiting;
  stats().rq_pending_total.Add(cells_);
  stats().rq_pending_active.Add(cells_);
  cluster_.worker().loop.AtEndOfTurn(*this);
}

void ConnectionPool::StartDrain() {
  if (draining_) return;
  draining_ = true;
  for (Lane& lane : lanes_) {
    for (auto* list : {&lane.ready, &lane.connecting}) {
      list->ForEach([this](ClientConnection& connection) { Settle(connection); });
    }
    // Busy ones settle when their streams end.
  }
}

bool ConnectionPool::empty() const {
  return connections_ == 0 && lanes_[0].waiting + lanes_[1].waiting == 0;
}

void ConnectionPool::RunEndOfTurn() {
  for (RoutePriority priority : kPriorities) {
    OpenConnections(priority);
    if (spec_->settings->preconnect_ratio > 1.0 && !draining_) ConnectAhead(priority);
    if (std::exchange(lane(priority).for_next, false)) ConnectOneAhead(priority);
  }
}

void ConnectionPool::ConnectForNext(RoutePriority priority) {
  lane(priority).for_next = true;
  cluster_.worker().loop.AtEndOfTurn(*this);
}

void ConnectionPool::ConnectOneAhead(RoutePriority priority) {
  Lane& lane = this->lane(priority);
  const bool is_there = !lane.ready.empty() || lane.opening > lane.waiting;
  if (!draining_ && !is_there && TakePlace(priority)) Connect(priority);
  TellIfEmpty();
}

bool ConnectionPool::TakePlace(RoutePriority priority) {
  const uint32_t max =
      spec_->settings->breakers[static_cast<size_t>(priority)].host_connections_max;
  return host_->cx_active.load(kRelaxed) < max &&
         cluster_.breaker().TryAcquire(priority, BreakerResource::kConnections);
}

void ConnectionPool::ConnectAhead(RoutePriority priority) {
  Lane& lane = this->lane(priority);
  const double wanted =
      std::ceil((lane.waiting + lane.streams) * spec_->settings->preconnect_ratio);
  double carried = lane.opening + lane.streams;
  lane.ready.ForEach([&carried](ClientConnection& connection) {
    carried += static_cast<double>(connection.codec_->available_streams());
  });
  while (carried < wanted && TakePlace(priority)) {
    Connect(priority);
    carried += ExpectedStreams();
  }
}

void ConnectionPool::OpenConnections(RoutePriority priority) {
  Lane& lane = this->lane(priority);
  while (lane.opening < lane.waiting) {
    if (!TakePlace(priority)) {
      stats().cx_overflow.Add(cells_);
      if (!lane.ready.empty() || !lane.busy.empty() || !lane.connecting.empty()) return;
      if (passing()) return FailWaiters(lane, lane.waiting, PoolFailure::kOverflow, {});
      cluster_.breaker().Acquire(priority, BreakerResource::kConnections);
    }
    Connect(priority);
  }
}

void ConnectionPool::Connect(RoutePriority priority) {
  auto* connection = new ClientConnection(*this, priority, cluster_.ConnectTo(*host_, *spec_));
  lane(priority).connecting.PushBack(*connection);
  lane(priority).opening += connection->expected_streams_;
  ++connections_;
  stats().cx_total.Add(cells_);
  stats().cx_active.Add(cells_);
  host_->cx_total.fetch_add(1, kRelaxed);
  host_->cx_active.fetch_add(1, kRelaxed);
  connection->Start();
}

// Until ALPN and SETTINGS have said it.
uint32_t ConnectionPool::ExpectedStreams() const {
  if (protocol_ == UpstreamProtocol::kHttp1) return 1;
  const ClusterSpec& spec = *spec_;
  uint32_t streams = spec.settings->http2.concurrent_streams_max;
  if (streams_given_ > 0) streams = std::min(streams, streams_given_);
  const uint32_t requests_max = spec.settings->requests_per_connection_max;
  return requests_max > 0 ? std::min(streams, requests_max) : streams;
}

void ConnectionPool::Give(PoolWaiter& waiter, ClientConnection& connection) {
  const RoutePriority priority = connection.priority_;
  CircuitBreaker& breaker = cluster_.breaker();
  if (!breaker.TryAcquire(priority, BreakerResource::kRequests)) {
    stats().rq_pending_overflow.Add(cells_);
    return waiter.OnPoolFailure(PoolFailure::kOverflow, {});
  }
  const uint64_t started = connection.streams_started_;
  waiter.OnPoolReady(connection);
  // Or the breaker's count would leak. More than one where the first was given up from in there,
  // and others waited.
  SLUICE_CHECK(connection.streams_started_ > started);
}

void ConnectionPool::OnStreamStarted(ClientConnection& connection) {
  stats().rq_total.Add(cells_);
  stats().rq_active.Add(cells_);
  host_->rq_total.fetch_add(1, kRelaxed);
  host_->rq_active.fetch_add(1, kRelaxed);
  ++lane(connection.priority_).streams;
  if (spec_->settings->preconnect_ratio > 1.0) cluster_.worker().loop.AtEndOfTurn(*this);
  const bool spent = connection.spent();
  if (spent && !connection.lifetime_over_ && !connection.peer_ended_)
    stats().cx_max_requests.Add(cells_);
  if (!spent && connection.codec_->available_streams() > 0) return;
  connection.state_ = ClientConnection::State::kBusy;
  lane(connection.priority_).busy.PushFront(connection);
}

void ConnectionPool::OnStreamsEnded(ClientConnection& connection, size_t count) {
  const auto n = static_cast<uint32_t>(count);
  cluster_.breaker().Release(connection.priority_, BreakerResource::kRequests, n);
  stats().rq_active.Subtract(cells_, n);
  host_->rq_active.fetch_sub(n, kRelaxed);
  lane(connection.priority_).streams -= n;
}

void ConnectionPool::OnConnected(ClientConnection& connection) {
  using State = ClientConnection::State;
  if (connection.state_ != State::kConnecting) return;
  Lane& lane = this->lane(connection.priority_);
  lane.opening -= connection.expected_streams_;
  const ClusterSpec& spec = *spec_;
  const Duration took = cluster_.worker().loop.now() - connection.created_;
  stats().cx_connect_ms.Record(cells_, Milliseconds(took));
  connection.state_ = State::kBusy;
  connection.LimitLifetime(spec.settings->connection_duration_max);
  Settle(connection);
  // It may carry fewer than was hoped.
  if (lane.waiting > lane.opening) cluster_.worker().loop.AtEndOfTurn(*this);
}

void ConnectionPool::Settle(ClientConnection& connection) {
  using State = ClientConnection::State;
  Lane& lane = this->lane(connection.priority_);
  if (connection.state_ == State::kConnecting) {
    // Who waits keeps it; without them a draining pool has no use for it.
    if (draining_ && lane.waiting + connection.expected_streams_ <= lane.opening)
      Retire(connection);
    return;
  }
  if (connection.state_ != State::kBusy && connection.state_ != State::kReady) return;
  const bool idle = connection.open_streams_ == 0;
  if (protocol_ != UpstreamProtocol::kHttp1 && !connection.codec_->must_close()) {
    streams_given_ = static_cast<uint32_t>(
        std::max<size_t>(connection.open_streams_ + connection.codec_->available_streams(), 1));
  }
  const bool wanted = !draining_ || lane.waiting > 0;
  const bool room = wanted && !connection.spent() && connection.codec_->available_streams() > 0 &&
                    !(idle && connection.codec_->must_close());
  if (!room) {
    if (idle) return Retire(connection);
    if (connection.state_ == State::kReady) lane.busy.PushFront(connection);
    connection.state_ = State::kBusy;
    return;
  }
  if (connection.state_ == State::kBusy) {
    connection.state_ = State::kReady;
    lane.ready.PushFront(connection);
  }
  if (lane.waiting > 0) ServeWaiters(connection);
  if (connection.open_streams_ > 0 || connection.state_ != State::kReady) return;
  if (draining_) return Retire(connection);
  connection.LimitIdleTime(spec_->settings->idle_timeout);
}

void ConnectionPool::StepBack(ClientConnection& connection) {
  if (connection.state_ != ClientConnection::State::kReady) return;
  Lane& lane = this->lane(connection.priority_);
  connection.ListNode<>::Unlink();
  if (connection.codec_->available_streams() > 0) return lane.ready.PushBack(connection);
  lane.busy.PushFront(connection);
  connection.state_ = ClientConnection::State::kBusy;
}

void ConnectionPool::ServeWaiters(ClientConnection& connection) {
  Lane& lane = this->lane(connection.priority_);
  while (!lane.waiters.empty() && connection.state_ == ClientConnection::State::kReady) {
    PoolWaiter& waiter = lane.waiters.front();
    Dequeue(waiter);
    Give(waiter, connection);
  }
}

void ConnectionPool::Dequeue(PoolWaiter& waiter) {
  waiter.Unlink();
  waiter.pool_ = nullptr;
  --lane(waiter.priority_).waiting;
  cluster_.breaker().Release(waiter.priority_, BreakerResource::kPendingRequests);
  stats().rq_pending_active.Subtract(cells_);
}

void ConnectionPool::Cancel(PoolWaiter& waiter) {
  Dequeue(waiter);
  stats().rq_cancelled.Add(cells_);
  if (!draining_) return TellIfEmpty();
  // Its connection stays for the next in need of one; but here nobody comes any more.
  lane(waiter.priority_).connecting.ForEach([this](ClientConnection& connection) {
    Settle(connection);
  });
  TellIfEmpty();
}

void ConnectionPool::TellIfEmpty() {
  if ((draining_ || passing()) && empty()) cluster_.OnPoolEmpty();
}

void ConnectionPool::FailWaiters(Lane& lane, size_t count, PoolFailure failure,
                                 absl::string_view reason) {
  // Set apart first: those who are told may queue again, and theirs is another try.
  IntrusiveList<PoolWaiter> failing;
  while (count-- > 0 && !lane.waiters.empty()) failing.PushBack(lane.waiters.front());
  while (!failing.empty()) {
    PoolWaiter& waiter = failing.front();
    Dequeue(waiter);
    stats().rq_pending_failure_eject.Add(cells_);
    waiter.OnPoolFailure(failure, reason);
  }
}

void ConnectionPool::Retire(ClientConnection& connection) {
  using State = ClientConnection::State;
  if (connection.state_ == State::kRetired || connection.state_ == State::kClosed) return;
  if (connection.state_ == State::kConnecting) {
    lane(connection.priority_).opening -= connection.expected_streams_;
  }
  connection.state_ = State::kRetired;
  retired_.PushBack(connection);
  cluster_.worker().loop.AtEndOfTurn(connection);
}

void ConnectionPool::OnClosed(ClientConnection& connection, CloseCause cause) {
  using State = ClientConnection::State;
  const State before = connection.state_;
  const bool remote = cause != CloseCause::kLocal;
  const bool had_streams = connection.open_streams_ > 0;
  Lane& lane = this->lane(connection.priority_);
  if (before == State::kConnecting) lane.opening -= connection.expected_streams_;
  (remote ? stats().cx_destroy_remote : stats().cx_destroy_local).Add(cells_);
  if (had_streams) stats().cx_destroy_with_active_rq.Add(cells_);
  Forget(connection);
  connection.AbandonStreams();
  if (before == State::kConnecting) OnConnectFailed(connection, cause);
  if (lane.waiting > lane.opening) cluster_.worker().loop.AtEndOfTurn(*this);
  cluster_.worker().loop.DeleteLater(std::unique_ptr<Deferred>(&connection));
  TellIfEmpty();
}

void ConnectionPool::OnConnectFailed(ClientConnection& connection, CloseCause cause) {
  stats().cx_connect_fail.Add(cells_);
  host_->cx_connect_fail.fetch_add(1, kRelaxed);
  const bool timeout = cause == CloseCause::kConnectTimeout;
  if (timeout) stats().cx_connect_timeout.Add(cells_);
  Lane& lane = this->lane(connection.priority_);
  if (lane.waiting <= lane.opening) return;  // whoever it was for has gone, or has been served
  // With no other connection in sight nobody else's prospects are better.
  const bool alone = lane.opening == 0 && lane.ready.empty() && lane.busy.empty();
  const size_t count =
      alone ? lane.waiting : std::min(lane.waiting - lane.opening, connection.expected_streams_);
  if (cause == CloseCause::kHandshakeFailed) {
    const std::string reason(connection.connection_.transport().failure_reason());
    return FailWaiters(lane, count, PoolFailure::kConnectFailed, reason);
  }
  if (timeout) return FailWaiters(lane, count, PoolFailure::kConnectTimeout, "connection timeout");
  char scratch[128];
  const char* why =
      strerror_r(connection.connection_.io().ConnectError(), scratch, sizeof(scratch));
  FailWaiters(lane, count, PoolFailure::kConnectFailed,
              absl::StrCat("delayed connect error: ", why));
}

void ConnectionPool::Forget(ClientConnection& connection) {
  connection.ListNode<>::Unlink();
  connection.state_ = ClientConnection::State::kClosed;
  if (connection.idle_timer_ != nullptr) connection.idle_timer_->Disarm();
  if (connection.http2_ != nullptr) connection.http2_->timer.Disarm();
  if (connection.lifetime_timer_ != nullptr) connection.lifetime_timer_->Disarm();
  --connections_;
  cluster_.breaker().Release(connection.priority_, BreakerResource::kConnections);
  stats().cx_active.Subtract(cells_);
  stats().cx_destroy.Add(cells_);
  const Duration length = cluster_.worker().loop.now() - connection.created_;
  stats().cx_length_ms.Record(cells_, Milliseconds(length));
  host_->cx_active.fetch_sub(1, kRelaxed);
}

void ConnectionPool::CloseAll(IntrusiveList<ClientConnection>& connections) {
  while (!connections.empty()) {
    std::unique_ptr<ClientConnection> connection(&connections.front());
    stats().cx_destroy_local.Add(cells_);
    Forget(*connection);
    connection->AbandonStreams();
  }
}

}  // namespace sluice
