// Cluster: one cluster as the main thread knows it: merges its spec and its endpoints into a
// HostSet and publishes that to the workers.
//
// Main thread. Workers learn of it by posted tasks in the order of its changes. A host whose facts
// have not changed is the same Host object in the next set, so its pools and counts go on, whatever
// its weight, priority, locality or metadata are now.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "source/event/event_loop.h"
#include "source/event/timer.h"
#include "source/event/worker_context.h"
#include "source/net/network.h"
#include "source/net/resolver.h"
#include "source/stats/registry.h"
#include "source/upstream/circuit_breaker.h"
#include "source/upstream/cluster_spec.h"
#include "source/upstream/endpoints/dns_endpoints.h"
#include "source/upstream/health/health_checker.h"
#include "source/upstream/host_set.h"
#include "source/upstream/outlier/outlier_detector.h"
#include "source/upstream/worker_upstreams.h"

namespace sluice {

class Cluster final : private EndOfTurnTask {
 public:
  // What it lives in, and outlives it.
  struct World {
    WorkerContext& main;
    Network& network;
    Resolver& resolver;
    const StatsRegistry& stats;
    WorkerUpstreams& workers;
  };
  // `on_ready` is called once, from Start or in a turn after it.
  Cluster(const World& world, std::shared_ptr<const ClusterSpec> spec,
          std::shared_ptr<CircuitBreaker> breaker, std::function<void()> on_ready);
  ~Cluster();  // workers keep theirs: ClusterSet tells them

  // Before Start: where its spec says so, hosts go out of service for how they answer. `log`, which
  // outlives it, may be null.
  void WatchOutliers(StatsRegistry& stats, LogSink* log);
  void Start();
  // Of the host at this address, until another order, or until it goes. kDrain: it gets nothing
  // new; kMaintenance: nor is it asked how it is. False: there is none.
  bool OrderHost(absl::string_view address, HostOrder order);
  // Other endpoints than the spec's, from now on. Those that are there already stay the same Host.
  void SetEndpoints(std::vector<EndpointSpec> endpoints, const AssignmentPolicy& policy);
  const ClusterSpec& spec() const { return *spec_; }
  const CircuitBreaker& breaker() const { return *breaker_; }
  const HostSet& hosts() const { return *hosts_; }
  const HealthChecker& health() const { return health_; }
  // Each of its names has been answered, or has failed, once; and so has each health check of each
  // host.
  bool ready() const { return ready_; }

 private:
  void RunEndOfTurn() override { Rebuild(); }  // answers of one turn make one change
  void Rebuild();
  void Publish(std::vector<HostEntry> entries);
  void NoteFitness(const std::vector<HostEntry>& entries);
  // Adds hosts that discovery has dropped, and that should not go because they are well.
  void KeepRemoved(std::vector<HostEntry>& entries) const;
  void OnHealthChange();
  void RebuildLater() { main_.loop.AtEndOfTurn(*this); }

  WorkerContext& main_;
  WorkerUpstreams& workers_;
  const std::shared_ptr<const ClusterSpec> spec_;
  const std::shared_ptr<CircuitBreaker> breaker_;
  const std::function<void()> on_ready_;
  DnsEndpoints dns_;
  std::optional<std::vector<EndpointSpec>> endpoints_;  // none: the spec's
  AssignmentPolicy assignment_policy_;
  Timer warming_;  // the next step of hosts in slow start
  Timer flips_;    // what has changed since the last set, where that was a moment ago
  MonotonicTime published_{};
  HealthChecker health_;
  std::shared_ptr<const HostSet> hosts_;
  bool policy_changed_ = false;
  std::shared_ptr<OutlierMonitor> outlier_monitor_;  // null, as the next: nobody watches
  std::unique_ptr<OutlierDetector> outliers_;
  bool ready_ = false;
};

}  // namespace sluice
