// WorkerClusters: the clusters of one worker by name. On its worker only; changed by posted tasks
// from the main thread's Cluster objects.
//
// A cluster that is removed is not found any more; its streams end in peace, and it goes with the
// last of them. One whose configuration changes stays, and so do those of its pools whose
// connections are as before.
#pragma once

#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "source/base/intrusive_list.h"
#include "source/upstream/host_watch.h"
#include "source/upstream/worker_cluster.h"

namespace sluice {

class WorkerClusters {
 public:
  WorkerClusters() = default;
  ~WorkerClusters();  // of a worker that has stopped: closes everything

  // What a cluster is made of.
  struct Facts {
    WorkerContext& worker;
    Network& network;
    std::shared_ptr<const ClusterSpec> spec;
    std::shared_ptr<CircuitBreaker> breaker;
    std::shared_ptr<OutlierMonitor> outliers;  // null: nobody hears how hosts answer
    std::shared_ptr<const HostSet> hosts;
  };

  WorkerCluster* Find(absl::string_view name);
  // Adds a cluster, which is made when somebody asks for it: most workers never use most clusters.
  // Or changes the one that has this breaker, or takes the place of another.
  void Set(Facts facts);
  void Set(std::unique_ptr<WorkerCluster> cluster);  // adds, or replaces that of the same name
  void SetHosts(absl::string_view name, std::shared_ptr<const HostSet> hosts);
  void Remove(absl::string_view name);
  // Of a host of that cluster, by its address. A cluster that has just been set is waited for: its
  // hosts are still to come.
  void Watch(HostWatch& watch, absl::string_view name, const Address& address);

 private:
  void Retire(std::unique_ptr<WorkerCluster> cluster);
  // One of the two.
  struct Entry {
    std::unique_ptr<Facts> facts;
    std::unique_ptr<WorkerCluster> cluster;
  };
  absl::flat_hash_map<std::string, Entry> by_name_;
  WorkerCluster* last_found_ = nullptr;   // most workers ask for the same again and again
  IntrusiveList<WorkerCluster> retired_;  // owned; each deletes itself when it is empty
  HostWatches watches_;
};

}  // namespace sluice
