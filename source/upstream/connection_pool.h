// ConnectionPool: one worker's connections to one host, for one protocol and one server name.
// HTTP/1 is capacity 1, HTTP/2 is capacity N: one pool serves both by the codec's
// available_streams(). Of a connection that is still being opened the pool expects as many streams
// as the host gave last.
//
// One worker. A waiter gets exactly one of OnPoolReady and OnPoolFailure, possibly from inside
// Request; cancelling or destroying it means it gets neither. Idle connections are taken last in,
// first out, so that few stay warm and the rest time out. Bounds: circuit breaker connections,
// pending requests, requests (cluster wide, over all workers); as in Envoy a pool without any
// connection may open one however many the cluster has, or a full cluster would starve a host for
// ever. Not so a pool for the server name of a request (auto_sni): clients choose those names, and
// could have any number of connections opened; its requests overflow instead.
//
// New connections are opened at the end of the turn, for those who still wait then: a connection
// that comes back in the same turn serves first. With a preconnect_policy more are opened, for
// those who are about to come, as far as there is room under the breakers.
//
// Counted here: upstream_cx_*, rq_total, rq_active, rq_pending_*, rq_cancelled, rq_tx_reset, and
// the same of the host; what a response says (rq_2xx, rq_time, rq_success ...) is the router's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "source/base/intrusive_list.h"
#include "source/base/units.h"
#include "source/event/event_loop.h"
#include "source/event/worker_context.h"
#include "source/upstream/client_connection.h"
#include "source/upstream/cluster_spec.h"

namespace sluice {

class ConnectionPool;
class WorkerCluster;

// Which of a host's pools.
struct PoolKey {
  UpstreamProtocol protocol = UpstreamProtocol::kHttp1;  // not kUseDownstream
  absl::string_view server_name;                         // of the request; empty: as configured
};

enum class PoolFailure : uint8_t {
  kConnectFailed,   // refused, unreachable, reset, no handshake: UF
  kConnectTimeout,  // UF
  kOverflow,        // a circuit breaker is open: UO
};

class PoolWaiter : private ListNode<> {
 public:
  // Call connection.StartStream in here.
  virtual void OnPoolReady(ClientConnection& connection) = 0;
  // `reason` for UPSTREAM_TRANSPORT_FAILURE_REASON; lives for the call.
  virtual void OnPoolFailure(PoolFailure failure, absl::string_view reason) = 0;

  bool waiting() const { return pool_ != nullptr; }
  void CancelWaiting();  // harmless when not waiting

 protected:
  virtual ~PoolWaiter() { CancelWaiting(); }

 private:
  friend class ConnectionPool;
  template <class T, class Tag>
  friend class IntrusiveList;
  ConnectionPool* pool_ = nullptr;  // while waiting; a pool that dies answers first
  RoutePriority priority_ = RoutePriority::kDefault;
};

class ConnectionPool final : private EndOfTurnTask {
 public:
  ConnectionPool(WorkerCluster& cluster, std::shared_ptr<Host> host, const PoolKey& key);
  ~ConnectionPool();  // closes all connections; waiters get kConnectFailed

  void Request(PoolWaiter& waiter, RoutePriority priority);
  // At the end of the turn a connection is there, or under way, that nobody waits for.
  void ConnectForNext(RoutePriority priority);
  // Nothing new: connections close as they become idle; who waits already is still served. For
  // removed hosts and drains.
  void StartDrain();
  bool empty() const;  // no connection, nobody waiting
  // Of a cluster whose connections are to be as before. A draining pool ends by the spec it has.
  void SetSpec(std::shared_ptr<const ClusterSpec> spec) { spec_ = std::move(spec); }

  bool Serves(const PoolKey& key) const {
    return protocol_ == key.protocol && server_name_ == key.server_name;
  }
  // Made for a name that a request brought: not to be kept when it is empty.
  bool passing() const { return !server_name_.empty(); }
  Host& host() { return *host_; }
  size_t connections() const { return connections_; }

 private:
  friend class ClientConnection;
  friend class PoolWaiter;

  // A connection serves one priority, the one whose breaker it was counted against.
  struct Lane {
    IntrusiveList<ClientConnection> ready;  // connected, with room for a stream; the warmest first
    IntrusiveList<ClientConnection> busy;   // connected, full
    IntrusiveList<ClientConnection> connecting;
    IntrusiveList<PoolWaiter> waiters;
    uint32_t waiting = 0;
    uint32_t opening = 0;  // streams that those in `connecting` are expected to carry
    uint32_t streams = 0;  // open ones
    bool for_next = false;
  };

  void RunEndOfTurn() override;  // opens what is missing
  void OpenConnections(RoutePriority priority);
  // Beyond what is missing: for those who are about to come (preconnect_policy).
  void ConnectAhead(RoutePriority priority);
  void ConnectOneAhead(RoutePriority priority);
  // A place for one more; false: there is none.
  bool TakePlace(RoutePriority priority);
  void Connect(RoutePriority priority);
  uint32_t ExpectedStreams() const;
  void TellIfEmpty();
  void Give(PoolWaiter& waiter, ClientConnection& connection);
  void ServeWaiters(ClientConnection& connection);
  void Dequeue(PoolWaiter& waiter);
  void Cancel(PoolWaiter& waiter);
  // The first `count` of them.
  void FailWaiters(Lane& lane, size_t count, PoolFailure failure, absl::string_view reason);

  // From ClientConnection.
  void OnConnected(ClientConnection& connection);
  void OnStreamStarted(ClientConnection& connection);
  void OnStreamsEnded(ClientConnection& connection, size_t count);
  // The host refuses streams, or all further ones (GOAWAY).
  void StepBack(ClientConnection& connection);
  // Puts it where it belongs now: ready (and then serves who waits), busy, or retired.
  void Settle(ClientConnection& connection);
  // It gets no more streams, and is closed at the end of the turn.
  void Retire(ClientConnection& connection);
  void OnClosed(ClientConnection& connection, CloseCause cause);

  void OnConnectFailed(ClientConnection& connection, CloseCause cause);
  // Takes it out of all lists and counts.
  void Forget(ClientConnection& connection);
  void CloseAll(IntrusiveList<ClientConnection>& connections);

  const ClusterStats& stats() const { return spec_->stats; }
  Lane& lane(RoutePriority priority) { return lanes_[static_cast<size_t>(priority)]; }

  WorkerCluster& cluster_;
  std::shared_ptr<const ClusterSpec> spec_;
  StatCells& cells_;
  const std::shared_ptr<Host> host_;
  const UpstreamProtocol protocol_;
  const std::string server_name_;
  uint32_t streams_given_ = 0;  // by the host on one connection, when last seen; 0: never
  Lane lanes_[2];
  IntrusiveList<ClientConnection>
      retired_;             // waiting for the end of the turn, or for their last bytes
  size_t connections_ = 0;  // in all lists
  bool draining_ = false;
};

}  // namespace sluice
