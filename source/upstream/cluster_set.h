// ClusterSet: all clusters of the process, as the main thread and the admin port know them.
//
// Main thread. Destroy it after the workers' loops have stopped, or let them run on: it posts
// nothing more.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/strings/string_view.h"
#include "source/accesslog/access_log.h"
#include "source/event/warm_gate.h"
#include "source/event/worker_context.h"
#include "source/net/network.h"
#include "source/net/resolver.h"
#include "source/stats/registry.h"
#include "source/upstream/cluster.h"
#include "source/upstream/cluster_stats.h"
#include "source/upstream/worker_upstreams.h"

namespace sluice {

class ClusterSet {
 public:
  ClusterSet(WorkerContext& main, Network& network, StatsRegistry& stats, Resolver& resolver,
             WorkerUpstreams& workers);

  // Adds a cluster, or changes the one of that name; nothing happens where the specs say the same.
  // Until the new one has warmed the old one serves, and a newer one takes a warming one's place.
  // `gate`: what the spec's transport waits for; null: nothing.
  void Set(std::shared_ptr<const ClusterSpec> spec, std::unique_ptr<WarmGate> gate = nullptr);
  // Requests that are under way end in peace. False: there is none.
  bool Remove(absl::string_view name);
  // See Cluster::OrderHost.
  bool OrderHost(absl::string_view cluster, absl::string_view address, HostOrder order);
  // Other endpoints than the spec's; those of an EDS cluster, which warms until they come. Of the
  // one that warms, and of the one that serves, unless that is of another EDS service. False: there
  // is none.
  bool SetEndpoints(absl::string_view name, std::vector<EndpointSpec> endpoints,
                    const AssignmentPolicy& policy = {});
  // Those of an EDS cluster have not come in time: it warms no longer. False: there is none.
  bool EndpointsFailed(absl::string_view name);
  // Before any Set: which cluster the proxy itself is one of, and where it is.
  void SetLocalCluster(std::string name, Locality locality);
  // Numbers that balancers read have changed under them.
  void OnRuntime();
  // Of clusters that serve from now on; outlives them.
  void SetOutlierLog(LogSink& log) { outlier_log_ = &log; }
  // Who is told whenever a cluster begins to serve, in its own name or in another's place; outlives
  // this.
  void TellServing(std::function<void()> on_serving) { on_serving_ = std::move(on_serving); }
  // The one that serves, or else the one that warms; null: there is neither.
  const Cluster* Find(absl::string_view name) const;
  // The one that is to take its place; null: none is.
  const Cluster* FindNext(absl::string_view name) const;
  size_t size() const { return by_name_.size(); }
  // In order of name; as by Find.
  void ForEach(const std::function<void(const Cluster&)>& visit) const;

  // Of every name one serves.
  bool ready() const;
  // Calls once, when all are ready: now, or in a later turn.
  void WhenReady(absl::AnyInvocable<void()> call);

 private:
  struct Entry {
    Cluster& seen() const { return serving != nullptr ? *serving : *warming; }
    std::shared_ptr<CircuitBreaker> breaker;
    BreakerStats breaker_stats;                 // from when it serves
    std::unique_ptr<Cluster> serving, warming;  // at least one of them
  };
  bool IsKnown(Entry& entry, const ClusterSpec& spec);
  void OnWarm(const std::string& name);
  Cluster::World WorldOf(const std::string& name);
  void OnLocalHosts();
  void TellWhoWaits();
  // Before and after an entry changes: -1 and 1.
  void Count(const Entry& entry, int sign);
  void ShowCounts();

  WorkerContext& main_;
  Network& network_;
  StatsRegistry& stats_;
  Resolver& resolver_;
  WorkerUpstreams& workers_;
  Gauge active_, warming_;
  Counter added_, modified_, removed_;
  std::function<void()> on_serving_;  // null: nobody
  LogSink* outlier_log_ = nullptr;    // null: there is none
  std::string local_cluster_;         // empty: nobody has said which
  LocalZones zones_;
  absl::btree_map<std::string, Entry> by_name_;
  size_t serving_count_ = 0, warming_count_ = 0;  // of them: nobody counts all for a change of one
  std::vector<absl::AnyInvocable<void()>> when_ready_;
};

}  // namespace sluice
