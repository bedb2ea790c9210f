// WorkerUpstreams: all workers' clusters as the main thread sees them: the one way by which a
// change of clusters reaches the workers.
//
// Main thread; each change is a task posted to every worker, so all see the same order. A worker is
// woken for all changes of a turn of main together: woken for each of ten thousand, it would keep a
// CPU from requests. The workers' sides live in the workers and outlive every posted task.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "source/event/worker_context.h"
#include "source/event/worker_set.h"
#include "source/net/network.h"
#include "source/upstream/circuit_breaker.h"
#include "source/upstream/cluster_map.h"
#include "source/upstream/cluster_spec.h"
#include "source/upstream/host_set.h"
#include "source/upstream/outlier/outlier_monitor.h"

namespace sluice {

class WorkerUpstreams final : private EndOfTurnTask {
 public:
  // What is touched on the worker's own thread only.
  struct Side {
    WorkerContext& context;
    Network& network;
    WorkerClusters& clusters;
  };
  // One side for each of `workers`, in their order.
  WorkerUpstreams(EventLoop& main, WorkerSet& workers, std::vector<Side> sides);

  // A cluster with its hosts: a new one, or, with the same breaker, another spec of one that there
  // is.
  void SetCluster(std::shared_ptr<const ClusterSpec> spec, std::shared_ptr<CircuitBreaker> breaker,
                  std::shared_ptr<OutlierMonitor> outliers, std::shared_ptr<const HostSet> hosts);
  void SetHosts(absl::string_view cluster, std::shared_ptr<const HostSet> hosts);
  void RemoveCluster(absl::string_view cluster);

 private:
  void RunEndOfTurn() override;  // wakes them
  // `make(side)` is what the worker of that side is to do.
  template <class Make>
  void PostToAll(const Make& make);

  EventLoop& main_;
  WorkerSet& workers_;
  const std::vector<Side> sides_;
};

}  // namespace sluice
