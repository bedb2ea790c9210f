// Discovery: everything of the process that comes from control planes: which there are, what is
// asked of which, and how it starts: the runtime first, then
// clusters, then the listeners that lead to them.
//
// Main thread. What it tells (clusters, listeners, routes, secrets) outlives it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "source/config/config_errors.h"
#include "source/control/cluster_updates.h"
#include "source/control/config_source.h"
#include "source/control/endpoint_updates.h"
#include "source/control/listener_updates.h"
#include "source/control/route_updates.h"
#include "source/control/runtime_layers.h"
#include "source/control/runtime_updates.h"
#include "source/control/scope_updates.h"
#include "source/control/secret_updates.h"
#include "source/event/file_watcher.h"
#include "source/event/worker_context.h"
#include "source/grpc/channel_spec.h"
#include "source/net/network.h"
#include "source/route/filter_settings.h"
#include "source/stats/registry.h"
#include "source/xds/resource_source.h"
#include "source/xds/xds_stats.h"

namespace sluice {

class Discovery final : private EndOfTurnTask {
 public:
  struct Parts {
    WorkerContext& main;
    StatsRegistry& stats;
    Network& network;  // of polls
    FileWatcher& files;
    OpenMessageChannel open_channel;  // null: this program speaks to no control plane
    ClusterSet& clusters;
    SecretStore& secrets;
    RouteTables& routes;
    ScopeFeeds& scopes;
    const FilterSettingsParsers& filter_settings;
    RuntimeLayers& runtime;
    // As ClusterUpdates and ListenerUpdates have them.
    std::function<void(const envoy::config::cluster::v3::Cluster& proto, const FieldScope& scope)>
        set_cluster;
    std::function<void(const std::string& name)> remove_cluster;
    const absl::btree_set<std::string>& static_clusters;
    ApplyResource<envoy::config::listener::v3::Listener> set_listener;
    std::function<void(const std::string& name)> remove_listener;
  };
  explicit Discovery(Parts parts);
  ~Discovery();

  // Before the static resources are read, which may name what comes from here. Mistakes go to
  // `errors`.
  void Load(const envoy::config::bootstrap::v3::Bootstrap& bootstrap, ConfigErrors& errors);

  // Where a cluster says that its endpoints come from; an error in `scope` where they cannot.
  void WantEndpoints(const std::string& cluster, const std::string& service,
                     const envoy::config::core::v3::ConfigSource& source, const FieldScope& scope);
  void UnwantEndpoints(const std::string& cluster);

  // Static clusters are there: asks for layers of the runtime. `on_done` as by the next two.
  void StartRuntime(std::function<void()> on_done);
  // Asks for the other clusters. `on_done`: the first answer has come, or is
  // waited for no longer, or there is nobody to ask; now, or in a later turn.
  void StartClusters(std::function<void()> on_done);
  void StartListeners(std::function<void()> on_done);
  // A cluster serves that did not before; what waited for it goes on at the end of the turn.
  void OnClusters() { parts_.main.loop.AtEndOfTurn(*this); }
  void NoteListenerFailure(const std::string& name, const std::string& version,
                           const std::string& text);

  // As control planes are told.
  envoy::config::core::v3::Node node() const;

  // For the admin port: each kind's records, of all sources together; what has been asked for by
  // name and has not come has an empty one.
  void ForEachRecord(const std::function<void(const ResourceType& type, const std::string& name,
                                              const RecordView& view)>& visit) const;
  // Of a cluster whose endpoints come from here; null: none have come.
  const ResourceRecord* FindAssignment(const std::string& cluster) const;

 private:
  // One place that resources come from: the aggregated stream of the bootstrap, a server with a
  // stream for each kind, one that is polled, or a file.
  struct Source;

  void RunEndOfTurn() override;
  // Somebody wants no longer what came from somewhere: what nobody uses is closed at the end of the
  // turn, when others may have come.
  void OnUnwanted();
  void CloseUnused();
  void CloseUnused(Source& source);
  bool IsUsed(const Source& source, absl::string_view type_url) const;
  template <class Visit>
  void ForEachSource(const Visit& visit) const;
  void LoadRuntime(const envoy::config::bootstrap::v3::Bootstrap& bootstrap, ConfigErrors& errors);
  void OnRuntimeLayer(size_t layer);
  // With an error, and null, where nothing can come from there, or not as it is said to be waited
  // for.
  Source* FindUsable(const envoy::config::core::v3::ConfigSource& proto, const FieldScope& scope);
  Source* Find(const envoy::config::core::v3::ConfigSource& proto, const FieldScope& scope);
  // Of virtual hosts, which are told in the delta dialect alone.
  Source* FindHostSource(const envoy::config::core::v3::ConfigSource& proto,
                         const FieldScope& scope);
  Source* FindFile(const envoy::config::core::v3::ConfigSource& proto, const FieldScope& scope);
  ResourceSource& Open(Source& source, const ResourceType& type);
  std::unique_ptr<ResourceSource> MakeStream(Source& source);
  std::unique_ptr<ResourceSource> MakePoll(Source& source);
  UpdateStats StatsOf(const ResourceType& type);
  void SetCluster(const envoy::config::cluster::v3::Cluster& proto, const FieldScope& scope);
  void AttachRoutes();
  void AttachHosts();
  void AttachScopes();
  void AttachSecrets();
  void VisitRoutes(const Source& source,
                   const std::function<void(const ResourceType& type, const std::string& name,
                                            const RecordView& view)>& visit) const;
  bool HasCluster(const std::string& name) const;
  bool IsUsed(const std::string& cluster) const;
  void OnRoutes();
  void TellClusters();
  void TellListeners();

  const Parts parts_;
  const ControlPlaneStats stats_;
  envoy::config::bootstrap::v3::Bootstrap bootstrap_;  // what of it is needed later
  // Outlive the streams that they are told by.
  std::optional<ClusterUpdates> cluster_updates_;
  std::optional<ListenerUpdates> listener_updates_;
  std::unique_ptr<Source> ads_;                                   // null: there is none
  absl::btree_map<std::string, std::unique_ptr<Source>> others_;  // by what says it
  Source* cluster_source_ = nullptr;  // null: they do not come by discovery, as the next
  Source* listener_source_ = nullptr;
  absl::btree_map<std::string, Source*> endpoint_sources_;   // by cluster
  absl::btree_map<const RouteFeed*, Source*> host_sources_;  // by whose table names them
  absl::btree_map<size_t, Source*> runtime_sources_;         // by layer
  absl::btree_set<size_t> missing_layers_;                   // that are waited for
  bool has_unwanted_ = false;
  std::function<void()> on_runtime_, on_clusters_, on_listeners_;
};

}  // namespace sluice
