// HealthProbe: asks one host, once at a time, whether it is well: HTTP, TCP, gRPC, WebSocket. Main
// thread. Knows no thresholds and no clock: who owns it stops it when it takes too long.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "source/event/worker_context.h"
#include "source/net/connection.h"
#include "source/net/network.h"
#include "source/net/transport_socket.h"
#include "source/upstream/cluster_spec.h"
#include "source/upstream/health/health_check_spec.h"
#include "source/upstream/health/health_state.h"
#include "source/upstream/host.h"

namespace sluice {

// Whom to ask, and how.
struct ProbeTarget {
  WorkerContext& main;
  Network& network;
  std::shared_ptr<const ClusterSpec> cluster;
  const HealthCheckSpec& check;  // of the cluster's
  std::shared_ptr<Host> host;

  // The host's, or what its health_check_config says; in the order to be tried.
  std::vector<Address> addresses() const;
  std::unique_ptr<IoHandle> Connect() const;
  // The Host field: the host's own, or `configured`, or the cluster's name. Lives as long as they.
  absl::string_view Authority(absl::string_view configured) const;
  // Null: plaintext.
  const ClientTransportFactory* transport() const;
  // `alpn` as on the wire, over what is configured; empty: that, or where it names nothing,
  // `else_alpn`.
  std::unique_ptr<TransportSocket> MakeTransport(absl::string_view alpn,
                                                 absl::string_view else_alpn = {}) const;
};

// Why there is no connection: "connection refused".
std::string ConnectFailureWords(Connection& connection, CloseCause cause);

class HealthProbe {
 public:
  using Report = std::function<void(ProbeResult result)>;

  virtual ~HealthProbe() = default;  // nothing is reported after
  // Reports once, in a later turn, unless it is stopped before. Not while one is under way.
  virtual void Start() = 0;
  virtual void Stop() = 0;
};

// What the check of `target` is for. `report` may start the next one, and must not destroy it.
std::unique_ptr<HealthProbe> MakeProbe(const ProbeTarget& target, HealthProbe::Report report);

}  // namespace sluice
