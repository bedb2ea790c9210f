// ProxyCore: everything that serves traffic, without threads, signals and files of its own:
// clusters, listeners, connection managers. The server gives it the kernel and real threads; the
// simulated world of the tests gives it memory and one thread. The same class in both.
//
// Main thread, but for what it posts to workers. Destroy it when no worker's thread runs any more.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/btree_set.h"
#include "source/accesslog/access_log_config.h"
#include "source/config/config_errors.h"
#include "source/config/field_scope.h"
#include "source/config/runtime_keys.h"
#include "source/control/discovery.h"
#include "source/control/runtime_layers.h"
#include "source/event/file_watcher.h"
#include "source/event/warm_gate.h"
#include "source/event/worker_context.h"
#include "source/event/worker_set.h"
#include "source/grpc/channel_spec.h"
#include "source/listener/drain_pace.h"
#include "source/listener/listener_config.h"
#include "source/listener/worker_listeners.h"
#include "source/net/network.h"
#include "source/net/resolver.h"
#include "source/proxy/proxy_worker.h"
#include "source/route/route_tables.h"
#include "source/route/scoped_routes.h"
#include "source/sdk/process_facts.h"
#include "source/sdk/registry.h"
#include "source/server/listener_set.h"
#include "source/server/overload_watch.h"
#include "source/server/process_limits.h"
#include "source/stats/registry.h"
#include "source/tls/certificate_dates.h"
#include "source/tls/tls_context_config.h"
#include "source/upstream/cluster_set.h"
#include "source/upstream/cluster_settings_pool.h"
#include "source/upstream/worker_upstreams.h"

namespace envoy::config::bootstrap::v3 {
class Bootstrap;
}
namespace envoy::config::cluster::v3 {
class Cluster;
}

namespace sluice {

class ProxyCore {
 public:
  // The world it lives in; all of it outlives the core.
  struct World {
    std::vector<WorkerContext*> workers;
    WorkerContext& main;
    Network& network;
    Resolver& resolver;
    StatsRegistry& stats;
    FileWatcher& files;
    AccessLogFactory::OpenFile open_access_log = OpenAccessLogFile;
    OverloadWatch::Heap heap = {AllocatedBytes, TrimHeap};
    DrainPace drain_pace;  // of what an update of its listener takes away
    // How control planes are reached; null: not at all.
    OpenMessageChannel open_channel = nullptr;
  };
  // `extensions`: what main registered; core filters are added to it.
  ProxyCore(const World& world, const Registry& extensions);
  ~ProxyCore();

  // Reads the static resources, and where the others are to come from; every mistake goes to
  // `errors`, and nothing is to be started then.
  void Load(const envoy::config::bootstrap::v3::Bootstrap& bootstrap, ConfigErrors& errors);

  // Adds a cluster, or changes the one of its name, now or while the core runs: as
  // ClusterSet::Set. With errors nothing has changed.
  void SetCluster(const envoy::config::cluster::v3::Cluster& cluster, const FieldScope& scope);

  // Clusters resolve, and more of them come by discovery; when all have tried, listeners come by
  // discovery, bind and accept, and `on_done` tells how that went: now, or in a later turn.
  void Start(std::function<void(absl::Status)> on_done);

  // Workers stop accepting, connections end as they become idle; `on_empty` is called on the main
  // thread when none is left.
  using Accepting = ListenerSet::Accepting;
  void StartDrain(std::function<void()> on_empty, Accepting accepting = Accepting::kEnds);
  // What is still open is closed, on each worker; `on_done` on the main thread after.
  void CloseAll(std::function<void()> on_done);

  // What all workers know of their tunnels; `done` on the main thread, in a later turn.
  using OnTunnels =
      std::function<void(std::vector<TunnelView> open, std::vector<TunnelEndView> ends)>;
  void CollectTunnels(OnTunnels done);

  // One more listener, on the main thread's loop (the admin's): its connections are not drained.
  absl::Status ListenOnMain(std::shared_ptr<const ListenerConfig> config, Address& bound);

  ListenerSet& listeners() { return listeners_; }
  const ListenerSet& listeners() const { return listeners_; }
  ClusterSet& clusters() { return clusters_; }
  const ClusterSet& clusters() const { return clusters_; }
  bool is_static_cluster(const std::string& name) const { return static_clusters_.contains(name); }
  SecretStore& secrets() { return secrets_; }
  RouteTables& route_tables() { return route_tables_; }
  RuntimeLayers& runtime() { return runtime_; }
  const RuntimeLayers& runtime() const { return runtime_; }
  const Discovery& discovery() const { return discovery_; }
  CertificateDates& certificate_dates() { return certificate_dates_; }
  AccessLogFactory& access_logs() { return access_logs_; }
  ProcessFacts& process() { return process_; }
  const std::vector<ProxyWorker*>& proxy_workers() const { return proxy_workers_; }
  bool draining() const { return listeners_.draining(); }

 private:
  // What is touched on one worker's thread only.
  struct Side {
    explicit Side(WorkerContext& worker) : proxy(worker, clusters), listeners(worker) {}
    WorkerClusters clusters;
    ProxyWorker proxy;
    WorkerListeners listeners;  // hold connections, which hold streams, which hold pools
  };
  Discovery::Parts DiscoveryParts();
  void LoadClusters(const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
                    const FieldScope& root);
  void OpenOutlierLog(const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
                      ConfigErrors& errors);
  void ReadUpstreamSocket(const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
                          ConfigErrors& errors);
  void ReadLocalCluster(const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
                        ConfigErrors& errors);
  // `gate`: for what the cluster's transport waits for.
  std::shared_ptr<const ClusterSpec> ReadCluster(const envoy::config::cluster::v3::Cluster& cluster,
                                                 const FieldScope& scope, WarmGate& gate);
  void ForEachSide(std::function<void(Side& side, uint32_t worker)> work);

  World world_;
  CertificateDates certificate_dates_;
  ProcessFacts process_;
  Registry registry_;
  WorkerSet worker_set_;
  SecretStore secrets_;
  RouteTables route_tables_;
  ScopeFeeds scopes_;
  RuntimeKeys runtime_keys_;
  ClusterSettingsPool cluster_settings_;
  SocketOptions upstream_socket_;             // of clusters that have none of their own
  std::vector<std::unique_ptr<Side>> sides_;  // workers, then main
  std::vector<ProxyWorker*> proxy_workers_;   // of sides_
  AccessLogFactory access_logs_;
  OverloadWatch overload_;
  OverloadSpec overload_spec_;
  absl::btree_set<std::string> static_clusters_;
  absl::btree_set<std::string> cluster_names_;  // these and those that have come since
  WorkerUpstreams upstreams_;
  ClusterSet clusters_;
  ListenerSet listeners_;
  RuntimeLayers runtime_;
  uint64_t main_listeners_ = 0;
  Discovery discovery_;
};

}  // namespace sluice
