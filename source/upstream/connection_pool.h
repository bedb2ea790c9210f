// ConnectionPool: one worker's connections to one host. HTTP/1 is capacity 1, HTTP/2 is capacity N: one
// pool serves both by the codec's available_streams().
//
// One worker. A waiter gets exactly one of OnPoolReady and OnPoolFailure, possibly from inside Request;
// unlinking or destroying it cancels. Idle connections are taken last in, first out, so that few stay
// warm and the rest time out. Bounds: circuit breaker connections, pending requests, requests (cluster
// wide, over all workers).
#pragma once

#include <cstdint>
#include <memory>

#include "absl/strings/string_view.h"
#include "source/base/intrusive_list.h"
#include "source/event/worker_context.h"
#include "source/upstream/client_connection.h"
#include "source/upstream/cluster_spec.h"

namespace sluice {

enum class PoolFailure : uint8_t {
  kConnectFailed,   // refused, unreachable, reset: UF
  kConnectTimeout,  // UF
  kOverflow,        // a circuit breaker is open: UO
};

class PoolWaiter : public ListNode<> {
 public:
  // Call connection.StartStream in here.
  virtual void OnPoolReady(ClientConnection& connection) = 0;
  // `reason` for UPSTREAM_TRANSPORT_FAILURE_REASON; lives for the call.
  virtual void OnPoolFailure(PoolFailure failure, absl::string_view reason) = 0;

 protected:
  ~PoolWaiter() = default;
};

class WorkerCluster;

class ConnectionPool {
 public:
  ConnectionPool(WorkerCluster& cluster, std::shared_ptr<Host> host);
  ~ConnectionPool();  // closes all connections; waiters get kConnectFailed

  void Request(PoolWaiter& waiter, RoutePriority priority);
  // No new streams; connections close as they become idle. For removed hosts and drains.
  void StartDrain();
  bool empty() const;

 private:
  friend class ClientConnection;
};

}  // namespace sluice
