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
#include "source/event/worker_context.h"
#include "source/net/network.h"
#include "source/net/resolver.h"
#include "source/stats/registry.h"
#include "source/upstream/cluster.h"
#include "source/upstream/worker_upstreams.h"

namespace sluice {

class ClusterSet {
 public:
  ClusterSet(WorkerContext& main, Network& network, StatsRegistry& stats, Resolver& resolver,
             WorkerUpstreams& workers);

  void Set(std::shared_ptr<const ClusterSpec> spec);  // adds, or replaces that of the same name
  bool Remove(absl::string_view name);                // false: there is none
  // See Cluster::OrderHost.
  bool OrderHost(absl::string_view cluster, absl::string_view address, HostOrder order);
  // Of a cluster that is there: other endpoints than its spec's. False: there is none.
  bool SetEndpoints(absl::string_view name, std::vector<EndpointSpec> endpoints,
                    const AssignmentPolicy& policy = {});
  // Of clusters that are set from now on; outlives them.
  void SetOutlierLog(LogSink& log) { outlier_log_ = &log; }
  const Cluster* Find(absl::string_view name) const;
  size_t size() const { return by_name_.size(); }
  // In order of name.
  void ForEach(const std::function<void(const Cluster&)>& visit) const;

  // Every cluster has its first endpoints and knows their health, or has failed to get them.
  bool ready() const;
  // Calls once, when all are ready: now, or in a later turn.
  void WhenReady(absl::AnyInvocable<void()> call);

 private:
  void OnClusterReady();
  void ShowCounts();

  WorkerContext& main_;
  Network& network_;
  StatsRegistry& stats_;
  Resolver& resolver_;
  WorkerUpstreams& workers_;
  Gauge active_, warming_;
  Counter added_, modified_, removed_;
  LogSink* outlier_log_ = nullptr;  // null: there is none
  absl::btree_map<std::string, std::unique_ptr<Cluster>> by_name_;
  std::vector<absl::AnyInvocable<void()>> when_ready_;
};

}  // namespace sluice
