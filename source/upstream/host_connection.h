// HostConnection: a connection to a host that one user has for itself: a TCP tunnel. Not pooled;
// counted and limited as the cluster's pools count and limit theirs: a tunnel is one request, and a
// pending one until it is connected.
//
// One worker. Its user is the handler of connection(), and passes on what it is told by OnConnected
// and OnClosed. It keeps what it refers to: a cluster that is replaced or removed leaves it alone.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "source/event/event_loop.h"
#include "source/net/connection.h"
#include "source/upstream/circuit_breaker.h"
#include "source/upstream/cluster_spec.h"
#include "source/upstream/host.h"
#include "source/upstream/outlier/outlier_monitor.h"

namespace sluice {

class WorkerCluster;

class HostConnection final : public Deferred {
 public:
  // To a host that PickHost gave in this turn; to be started. Null: a circuit breaker is open.
  // `server_name`: of the request, for auto_sni and auto_san_validation; empty: there is none.
  static std::unique_ptr<HostConnection> Open(WorkerCluster& cluster, Host& host,
                                              absl::string_view server_name = {});
  ~HostConnection() override;

  void OnConnected();
  void OnClosed(CloseCause cause);
  // To be called after reads and writes: brings statistics and the numbers below up to date. False:
  // nothing has moved.
  bool CountBytes();

  Connection& connection() { return connection_; }
  const ClusterSpec& spec() const { return *spec_; }
  const Host& host() const { return *host_; }
  bool connecting() const { return state_ == State::kConnecting; }
  bool closed() const { return state_ == State::kClosed; }
  uint64_t bytes_received() const { return bytes_received_; }
  uint64_t bytes_sent() const { return bytes_sent_; }
  // Why it was never connected, as a log says it; empty: it was, or it was given up.
  std::string FailureReason();

 private:
  enum class State : uint8_t { kConnecting, kConnected, kClosed };
  HostConnection(WorkerCluster& cluster, Host& host, absl::string_view server_name);
  static std::unique_ptr<TransportSocket> MakeTransport(WorkerCluster& cluster, const Host& host,
                                                        absl::string_view server_name);
  void CountConnectFailure(CloseCause cause);

  const std::shared_ptr<const ClusterSpec> spec_;  // the connection's limits live in it
  const std::shared_ptr<Host> host_;
  const std::shared_ptr<CircuitBreaker> breaker_;
  const std::shared_ptr<OutlierMonitor> outliers_;  // null: nobody is to hear of it
  const MonotonicTime created_;
  uint64_t bytes_received_ = 0;
  uint64_t bytes_sent_ = 0;
  State state_ = State::kConnecting;
  CloseCause failure_ = CloseCause::kLocal;  // of connecting
  Connection connection_;
};

}  // namespace sluice
