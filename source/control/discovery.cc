#include "source/control/discovery.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "source/config/field_scope.h"
#include "source/control/discovery_source.h"

namespace sluice {

namespace core = envoy::config::core::v3;

template <class Visit>
void Discovery::ForEachSource(const Visit& visit) const {
  if (ads_ != nullptr) visit(*ads_);
  for (const auto& [key, source] : others_) {
    if (source != nullptr) visit(*source);
  }
}

Discovery::Discovery(Parts parts) : parts_(std::move(parts)), stats_(parts_.stats) {}
Discovery::~Discovery() = default;

void Discovery::Load(const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
                     ConfigErrors& errors) {
  bootstrap_ = bootstrap;
  const FieldScope root(errors, "dynamic_resources");
  const auto& dynamic = bootstrap.dynamic_resources();
  if (dynamic.has_ads_config()) {
    const FieldScope at = root.At("ads_config");
    if (dynamic.ads_config().api_type() == core::ApiConfigSource::REST) {
      at.At("api_type").Error("REST has no aggregated stream", "use GRPC or DELTA_GRPC");
    } else if (parts_.open_channel == nullptr) {
      at.Error("needs gRPC, which this program has not");
    } else if (auto api = ReadApiSource(dynamic.ads_config(), bootstrap, at); api.has_value()) {
      ads_ = std::make_unique<Source>(*this, *std::move(api), true);
    }
  }
  if (dynamic.has_cds_config()) {
    cluster_source_ = FindUsable(dynamic.cds_config(), root.At("cds_config"));
    cluster_updates_.emplace(ClusterUpdates::Parts{
        .loop = parts_.main.loop,
        .set = [this](const auto& proto, const FieldScope& scope) { SetCluster(proto, scope); },
        .remove =
            [this](const std::string& name) {
              UnwantEndpoints(name);
              parts_.remove_cluster(name);
            },
        .is_used = [this](const std::string& name) { return IsUsed(name); },
        .serves =
            [this](const std::string& name) {
              return HasCluster(name) && parts_.clusters.FindNext(name) == nullptr;
            },
        .static_names = parts_.static_clusters,
        .on_first = [this] { TellClusters(); }});
  }
  if (dynamic.has_lds_config()) {
    listener_source_ = FindUsable(dynamic.lds_config(), root.At("lds_config"));
    listener_updates_.emplace(ListenerUpdates::Parts{.loop = parts_.main.loop,
                                                     .set = parts_.set_listener,
                                                     .remove = parts_.remove_listener,
                                                     .on_first = [this] { TellListeners(); }});
  }
  LoadRuntime(bootstrap, errors);
  AttachRoutes();
  AttachHosts();
  AttachScopes();
  AttachSecrets();
}

void Discovery::LoadRuntime(const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
                            ConfigErrors& errors) {
  const FieldScope root(errors, "layered_runtime");
  const auto& layers = bootstrap.layered_runtime().layers();
  for (int i = 0; i < layers.size(); ++i) {
    if (!layers[i].has_rtds_layer()) continue;
    const auto& rtds = layers[i].rtds_layer();
    const FieldScope at_layer = root.At("layers", i);
    Source* const source = Find(rtds.rtds_config(), at_layer.At("rtds_layer.rtds_config"));
    if (source == nullptr) continue;
    if (rtds.name().empty()) at_layer.At("rtds_layer.name").Error("is required");
    const auto index = static_cast<size_t>(i);
    source->runtime.Add(rtds.name(), index);
    runtime_sources_[index] = source;
  }
}

void Discovery::SetCluster(const envoy::config::cluster::v3::Cluster& proto,
                           const FieldScope& scope) {
  const size_t errors_before = scope.errors().size();
  const bool is_eds = proto.type() == envoy::config::cluster::v3::Cluster::EDS;
  const auto& eds = proto.eds_cluster_config();
  const FieldScope at = scope.At("eds_cluster_config.eds_config");
  if (is_eds && FindUsable(eds.eds_config(), at) == nullptr) return;
  parts_.set_cluster(proto, scope);
  if (scope.errors().size() != errors_before) return;
  if (is_eds) {
    WantEndpoints(proto.name(), eds.service_name(), eds.eds_config(), at);
  } else {
    UnwantEndpoints(proto.name());
  }
}

Discovery::Source* Discovery::FindUsable(const core::ConfigSource& proto, const FieldScope& scope) {
  const size_t errors_before = scope.errors().size();
  Source* const source = Find(proto, scope);
  FetchTimeoutOf(proto, scope);
  return scope.errors().size() == errors_before ? source : nullptr;
}

void Discovery::AttachRoutes() {
  parts_.routes.Attach(
      [this](RouteFeed& feed) {
        ConfigErrors errors;
        const FieldScope scope(errors);
        Source* const source = Find(feed.source(), scope);
        if (source == nullptr) return feed.Fail();
        Open(*source, kRouteType);
        source->routes.Want(feed, FetchTimeoutOf(feed.source(), scope));
      },
      [this](RouteFeed& feed) {
        ConfigErrors errors;
        Source* const source = Find(feed.source(), FieldScope(errors));
        if (source != nullptr) source->routes.Unwant(feed);
        OnUnwanted();
      },
      [this](const core::ConfigSource& proto) {
        ConfigErrors errors;
        FindUsable(proto, FieldScope(errors));
        return errors.ToStatus();
      });
}

Discovery::Source* Discovery::FindHostSource(const core::ConfigSource& proto,
                                             const FieldScope& scope) {
  Source* const source = FindUsable(proto, scope);
  if (source == nullptr) return nullptr;
  if (source->api.has_value() && source->api->dialect == &Delta()) return source;
  scope.Error("does not speak the delta dialect, in which alone virtual hosts are told",
              "say api_type: DELTA_GRPC, there or in dynamic_resources.ads_config");
  return nullptr;
}

void Discovery::AttachHosts() {
  parts_.routes.AttachHosts({.on_wanted =
                                 [this](RouteFeed& feed) {
                                   ConfigErrors errors;
                                   const FieldScope scope(errors);
                                   const core::ConfigSource& proto =
                                       *feed.own_table()->rules()->hosts->proto;
                                   Source* const source = FindHostSource(proto, scope);
                                   if (source == nullptr) return feed.Serve(feed.own_table());
                                   Open(*source, kVirtualHostType);
                                   host_sources_[&feed] = source;
                                   source->hosts.Want(feed, FetchTimeoutOf(proto, scope));
                                 },
                             .on_changed =
                                 [this](RouteFeed& feed) {
                                   const auto source = host_sources_.find(&feed);
                                   if (source == host_sources_.end())
                                     return feed.Serve(feed.own_table());
                                   source->second->hosts.OnTable(feed);
                                 },
                             .on_unwanted =
                                 [this](RouteFeed& feed) {
                                   const auto source = host_sources_.find(&feed);
                                   if (source == host_sources_.end()) return;
                                   source->second->hosts.Unwant(feed);
                                   host_sources_.erase(source);
                                 },
                             .on_asked =
                                 [this](RouteFeed& feed, const std::string& host) {
                                   const auto source = host_sources_.find(&feed);
                                   if (source == host_sources_.end()) return feed.Answer(host);
                                   source->second->hosts.Ask(feed, host);
                                 },
                             .check =
                                 [this](const core::ConfigSource& proto) {
                                   ConfigErrors errors;
                                   FindHostSource(proto, FieldScope(errors));
                                   return errors.ToStatus();
                                 }});
}

void Discovery::AttachScopes() {
  parts_.scopes.Attach(
      [this](ScopeFeed& feed) {
        ConfigErrors errors;
        const FieldScope scope(errors);
        Source* const source = Find(*feed.wish().source, scope);
        if (source == nullptr) return feed.Fail();
        Open(*source, kScopedRouteType);
        source->scopes.Want(feed, FetchTimeoutOf(*feed.wish().source, scope));
      },
      [this](ScopeFeed& feed) {
        ConfigErrors errors;
        Source* const source = Find(*feed.wish().source, FieldScope(errors));
        if (source != nullptr) source->scopes.Unwant(feed);
        OnUnwanted();
      },
      [this](const core::ConfigSource& proto) {
        ConfigErrors errors;
        FindUsable(proto, FieldScope(errors));
        return errors.ToStatus();
      });
}

void Discovery::AttachSecrets() {
  parts_.secrets.AttachControlPlane(
      [this](const core::ConfigSource& from,
             const SecretKey& key) -> absl::StatusOr<std::unique_ptr<SecretFetch>> {
        ConfigErrors errors;
        Source* const source = Find(from, FieldScope(errors));
        if (source == nullptr) return errors.ToStatus();
        Open(*source, kSecretType);
        return source->secrets.Fetch(key);
      });
}

void Discovery::WantEndpoints(const std::string& cluster, const std::string& service,
                              const core::ConfigSource& proto, const FieldScope& scope) {
  Source* const source = Find(proto, scope);
  if (source == nullptr) return;
  const auto before = endpoint_sources_.find(cluster);
  if (before != endpoint_sources_.end() && before->second != source) UnwantEndpoints(cluster);
  endpoint_sources_[cluster] = source;
  Open(*source, kEndpointType);
  source->endpoints.Want(cluster, service.empty() ? cluster : service,
                         FetchTimeoutOf(proto, scope));
}

void Discovery::UnwantEndpoints(const std::string& cluster) {
  const auto at = endpoint_sources_.find(cluster);
  if (at == endpoint_sources_.end()) return;
  at->second->endpoints.Unwant(cluster);
  endpoint_sources_.erase(at);
  OnUnwanted();
}

void Discovery::OnUnwanted() {
  has_unwanted_ = true;
  parts_.main.loop.AtEndOfTurn(*this);
}

void Discovery::StartRuntime(std::function<void()> on_done) {
  if (runtime_sources_.empty()) return on_done();
  on_runtime_ = std::move(on_done);
  ConfigErrors errors;
  for (const auto& [index, source] : runtime_sources_) missing_layers_.insert(index);
  for (const auto& [index, source] : runtime_sources_) {
    const auto& layer = bootstrap_.layered_runtime().layers(static_cast<int>(index)).rtds_layer();
    Open(*source, kRuntimeType)
        .Want(kRuntimeType, layer.name(), FetchTimeoutOf(layer.rtds_config(), FieldScope(errors)));
  }
}

void Discovery::OnRuntimeLayer(size_t layer) {
  missing_layers_.erase(layer);
  if (missing_layers_.empty() && on_runtime_ != nullptr) std::exchange(on_runtime_, nullptr)();
}

void Discovery::StartClusters(std::function<void()> on_done) {
  if (cluster_source_ == nullptr) return on_done();
  on_clusters_ = std::move(on_done);
  ConfigErrors errors;
  Open(*cluster_source_, kClusterType)
      .WantAll(kClusterType,
               FetchTimeoutOf(bootstrap_.dynamic_resources().cds_config(), FieldScope(errors)));
}

void Discovery::StartListeners(std::function<void()> on_done) {
  if (listener_source_ == nullptr) return on_done();
  on_listeners_ = std::move(on_done);
  ConfigErrors errors;
  Open(*listener_source_, kListenerType)
      .WantAll(kListenerType,
               FetchTimeoutOf(bootstrap_.dynamic_resources().lds_config(), FieldScope(errors)));
}

bool Discovery::HasCluster(const std::string& name) const {
  const Cluster* const cluster = parts_.clusters.Find(name);
  return cluster != nullptr && cluster->ready();
}

bool Discovery::IsUsed(const std::string& cluster) const {
  bool is_used = false;
  ForEachSource([&](const Source& source) {
    is_used |=
        source.routes.Names(cluster) || source.scopes.Names(cluster) || source.hosts.Names(cluster);
  });
  return is_used;
}

void Discovery::OnRoutes() {
  if (cluster_updates_.has_value()) cluster_updates_->OnRoutes();
}

void Discovery::RunEndOfTurn() {
  ForEachSource([](Source& source) {
    source.routes.OnClusters();
    source.hosts.OnClusters();
  });
  if (cluster_updates_.has_value()) cluster_updates_->OnServing();
  if (std::exchange(has_unwanted_, false)) CloseUnused();
}

void Discovery::TellClusters() {
  if (on_clusters_ != nullptr) std::exchange(on_clusters_, nullptr)();
}
void Discovery::TellListeners() {
  if (on_listeners_ != nullptr) std::exchange(on_listeners_, nullptr)();
}

void Discovery::NoteListenerFailure(const std::string& name, const std::string& version,
                                    const std::string& text) {
  if (listener_updates_.has_value()) listener_updates_->NoteFailure(name, version, text);
}

void Discovery::ForEachRecord(
    const std::function<void(const ResourceType& type, const std::string& name,
                             const RecordView& view)>& visit) const {
  const ResourceRecord none;
  const auto each = [&](const ResourceType& type, const auto& updates) {
    for (const auto& [name, record] : updates.records()) {
      if constexpr (requires { updates.ViewOf(name, record); }) {
        visit(type, name, updates.ViewOf(name, record));
      } else {
        visit(type, name, {record});
      }
    }
    if constexpr (requires { updates.Awaited(); }) {
      for (const AwaitedName& awaited : updates.Awaited()) {
        visit(type, awaited.name, {none, true, nullptr, awaited.is_missing});
      }
    }
  };
  if (listener_updates_.has_value()) each(kListenerType, *listener_updates_);
  if (cluster_updates_.has_value()) each(kClusterType, *cluster_updates_);
  ForEachSource([&](const Source& source) {
    each(kEndpointType, source.endpoints);
    VisitRoutes(source, visit);
    each(kScopedRouteType, source.scopes);
    each(kSecretType, source.secrets);
    each(kRuntimeType, source.runtime);
  });
}

// With the virtual hosts that have come by themselves.
void Discovery::VisitRoutes(
    const Source& source,
    const std::function<void(const ResourceType& type, const std::string& name,
                             const RecordView& view)>& visit) const {
  for (const auto& [name, record] : source.routes.records()) {
    const RecordView view = source.routes.ViewOf(name, record);
    const auto hosts = host_sources_.find(source.routes.FeedOf(name));
    const std::string bytes =
        hosts == host_sources_.end() ? std::string() : hosts->second->hosts.BytesOf(name);
    if (bytes.empty()) {
      visit(kRouteType, name, view);
      continue;
    }
    // Of two of them one is in force and has them.
    ResourceRecord whole = view.before == nullptr ? record : *view.before;
    whole.body += bytes;
    visit(kRouteType, name,
          {view.before == nullptr ? whole : record, view.is_coming,
           view.before == nullptr ? nullptr : &whole});
  }
  const ResourceRecord none;
  for (const AwaitedName& awaited : source.routes.Awaited()) {
    visit(kRouteType, awaited.name, {none, true, nullptr, awaited.is_missing});
  }
}

const ResourceRecord* Discovery::FindAssignment(const std::string& cluster) const {
  const auto source = endpoint_sources_.find(cluster);
  return source == endpoint_sources_.end() ? nullptr
                                           : source->second->endpoints.FindRecord(cluster);
}

}  // namespace sluice
