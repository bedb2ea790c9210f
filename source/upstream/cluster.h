// Cluster: one cluster as the main thread knows it: merges its spec and its endpoints into a
// HostSet and publishes that to the workers.
//
// Main thread. It warms first: workers know nothing of it, until its names are answered, or its
// endpoints have come, what its transport waits for is there, and each host's health is known. Then
// it serves: workers learn of it by posted tasks in the order of its changes. A host whose facts
// have not changed is the same Host object in the next set, so its pools and counts go on, whatever
// its weight, priority, locality or metadata are now.
//
// One that is to take the place of another knows that one's hosts from the start. As long as it
// warms the other serves, and all that is to be seen of a host is the other's to write.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "source/event/event_loop.h"
#include "source/event/timer.h"
#include "source/event/warm_gate.h"
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
    const LocalZones* zones = nullptr;         // null: traffic need not stay in any locality
    std::function<void()> on_hosts = nullptr;  // there is another HostSet; null: nobody asks
  };
  // `predecessor`: whose place it is to take, or null; it outlives this, or TakeOver is called.
  // `gate`: what its transport waits for; null: nothing. `on_ready` is called once, from Start or
  // in a turn after it.
  Cluster(const World& world, std::shared_ptr<const ClusterSpec> spec,
          std::shared_ptr<CircuitBreaker> breaker, const Cluster* predecessor,
          std::unique_ptr<WarmGate> gate, std::function<void(const std::string& name)> on_ready);
  ~Cluster();  // workers keep theirs: ClusterSet tells them

  void Start();
  // Before TakeOver and Serve: where its spec says so, hosts go out of service for how they answer.
  // `log`, which outlives it, may be null.
  void WatchOutliers(StatsRegistry& stats, LogSink* log);
  // What is known of the predecessor's hosts; that one is to be destroyed then, before Serve.
  void TakeOver(Cluster& predecessor);
  // Workers get to know it.
  void Serve();
  // Where the fleet is has changed.
  void OnZones() {
    const BalancerSpec& balancer = spec_->settings->balancer;
    if (balancer.locality_weighted || balancer.hashes()) return;  // they do not go by it
    PublishAnew();
  }
  // Something else than its hosts has changed that its HostSet is made by: where the fleet is, or
  // what the runtime says.
  void PublishAnew() {
    must_publish_ = true;
    RebuildLater();
  }
  // Of the host at this address, until another order, or until it goes. kDrain: it gets nothing
  // new; kMaintenance: nor is it asked how it is. False: there is none.
  bool OrderHost(absl::string_view address, HostOrder order);
  // Other endpoints than the spec's, from now on. Those that are there already stay the same Host.
  void SetEndpoints(std::vector<EndpointSpec> endpoints, const AssignmentPolicy& policy);
  // Of an EDS cluster: no endpoints have come in time. Where none have come before, it goes on with
  // what the predecessor has of the same service, or where nobody serves in its place with none.
  void GiveUpOnEndpoints();
  const ClusterSpec& spec() const { return *spec_; }
  const std::shared_ptr<const ClusterSpec>& shared_spec() const { return spec_; }
  const CircuitBreaker& breaker() const { return *breaker_; }
  const HostSet& hosts() const { return *hosts_; }
  const HealthChecker* health() const { return health_.get(); }  // null: nobody asks its hosts
  // How often outlier detection has put the `index`th of its hosts out of service.
  uint32_t ejections(size_t index) const;
  bool ready() const { return ready_; }  // has warmed

 private:
  void RunEndOfTurn() override { Rebuild(); }  // answers of one turn make one change
  void Rebuild();
  // What it cannot know its hosts without.
  bool misses_endpoints() const;
  std::vector<EndpointSpec> Listed() const;
  std::vector<ResolvedEndpoint> Endpoints() const;
  void Publish(std::vector<HostEntry> entries);
  void CountZones();
  void ShowSubsets(const SubsetIndex* before);
  void Show();  // to the workers, from when it serves
  void NoteFitness(const std::vector<HostEntry>& entries);
  // Adds hosts that discovery has dropped, and that should not go because they are well.
  void KeepRemoved(std::vector<HostEntry>& entries) const;
  void OnHealthChange();
  void RebuildLater() { main_.loop.AtEndOfTurn(*this); }

  WorkerContext& main_;
  WorkerUpstreams& workers_;
  const LocalZones* const zones_;
  const std::function<void()> on_hosts_;
  const std::shared_ptr<const ClusterSpec> spec_;
  const std::shared_ptr<CircuitBreaker> breaker_;
  const std::function<void(const std::string& name)> on_ready_;
  const Cluster* predecessor_;  // null: there is none, or its place is taken
  const std::unique_ptr<WarmGate> gate_;
  DnsEndpoints dns_;
  bool has_endpoints_ = false;  // other than the spec's: what follows, or in its place hosts_
  std::optional<std::vector<EndpointSpec>> endpoints_;
  AssignmentPolicy assignment_policy_;
  // The next step of hosts in slow start, and what has changed since the last set, where that was a
  // moment ago; null: never yet.
  std::unique_ptr<Timer> warming_, flips_;
  MonotonicTime published_{};
  const std::shared_ptr<const HealthReports> reports_;
  std::unique_ptr<HealthChecker> health_;  // null: it has no checks
  std::shared_ptr<const HostSet> hosts_;
  // Instead of them, as long as there is a predecessor.
  std::vector<std::shared_ptr<Host>> candidates_;
  bool must_publish_ = false;  // whatever has not changed
  bool serves_ = false;
  bool introduced_ = false;                          // to the workers
  std::shared_ptr<OutlierMonitor> outlier_monitor_;  // null, as the next: nobody watches
  std::unique_ptr<OutlierDetector> outliers_;
  bool ready_ = false;
};

}  // namespace sluice
