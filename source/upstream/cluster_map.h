// WorkerCluster and WorkerClusters: what one worker sees of the clusters: name to spec, hosts, balancer and
// pools. On its worker only; changed by posted tasks from the main thread's Cluster objects.
#pragma once

#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "source/event/worker_context.h"
#include "source/net/network.h"
#include "source/upstream/circuit_breaker.h"
#include "source/upstream/cluster_spec.h"
#include "source/upstream/connection_pool.h"
#include "source/upstream/load_balancer.h"

namespace sluice {

class WorkerCluster {
 public:
  WorkerCluster(WorkerContext& worker, Network& network, std::shared_ptr<const ClusterSpec> spec,
                std::shared_ptr<CircuitBreaker> breaker);
  ~WorkerCluster();

  const ClusterSpec& spec() const { return *spec_; }
  WorkerContext& worker() { return worker_; }
  CircuitBreaker& breaker() { return *breaker_; }  // shared by all workers
  // Null: no eligible host.
  Host* PickHost(uint64_t hash);
  // Of a host that PickHost gave in this turn.
  ConnectionPool& PoolOf(Host& host);
  void SetHosts(std::shared_ptr<const HostSet> hosts);  // pools of hosts that are gone drain

 private:
  WorkerContext& worker_;
  Network& network_;
  std::shared_ptr<const ClusterSpec> spec_;
  std::shared_ptr<CircuitBreaker> breaker_;
};

class WorkerClusters {
 public:
  WorkerCluster* Find(absl::string_view name);
  void Set(std::unique_ptr<WorkerCluster> cluster);  // adds, or replaces that of the same name
  void Remove(absl::string_view name);

 private:
  absl::flat_hash_map<std::string, std::unique_ptr<WorkerCluster>> by_name_;
};

}  // namespace sluice
