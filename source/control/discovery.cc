#include "source/control/discovery.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "source/base/log.h"
#include "source/config/config_file.h"
#include "source/config/field_scope.h"
#include "source/xds/discovery_stream.h"
#include "source/xds/file_source.h"

namespace sluice {
namespace {

namespace core = envoy::config::core::v3;

// `path` is deprecated, and still written.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
const std::string& PathOf(const core::ConfigSource& proto) {
  return proto.has_path_config_source() ? proto.path_config_source().path() : proto.path();
}
#pragma GCC diagnostic pop

// Equal for sources that are the same server, asked in the same way.
std::string KeyOf(const core::ConfigSource& proto) {
  return proto.api_config_source().SerializeAsString();
}

}  // namespace

struct Discovery::Source {
  Source(Discovery& owner, std::optional<ApiSource> api, bool is_aggregated)
      : api(std::move(api)),
        is_aggregated(is_aggregated),
        endpoints(owner.parts_.main, owner.parts_.stats, owner.parts_.clusters),
        routes(
            owner.parts_.main, owner.parts_.stats, owner.parts_.runtime.keys(),
            [&owner](const std::string& name) { return owner.HasCluster(name); },
            [&owner] { owner.OnRoutes(); }),
        secrets(owner.parts_.main.loop, owner.parts_.secrets),
        runtime(owner.parts_.main.loop, owner.parts_.runtime,
                [&owner](size_t layer) { owner.OnRuntimeLayer(layer); }) {}

  const std::optional<ApiSource> api;  // none: it is a file
  const bool is_aggregated;
  std::string path, watched;  // of a file
  EndpointUpdates endpoints;
  RouteUpdates routes;
  SecretUpdates secrets;
  RuntimeUpdates runtime;
  // One, or one for each kind that has been asked for, which its user outlives.
  absl::btree_map<std::string, std::unique_ptr<ResourceSource>> opened;
};

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
    if (parts_.open_channel == nullptr) {
      at.Error("needs gRPC, which this program has not");
    } else if (auto api = ReadApiSource(dynamic.ads_config(), bootstrap, at); api.has_value()) {
      ads_ = std::make_unique<Source>(*this, *std::move(api), true);
    }
  }
  if (dynamic.has_cds_config()) {
    cluster_source_ = Find(dynamic.cds_config(), root.At("cds_config"));
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
    listener_source_ = Find(dynamic.lds_config(), root.At("lds_config"));
    listener_updates_.emplace(ListenerUpdates::Parts{.loop = parts_.main.loop,
                                                     .set = parts_.set_listener,
                                                     .remove = parts_.remove_listener,
                                                     .on_first = [this] { TellListeners(); }});
  }
  LoadRuntime(bootstrap, errors);
  AttachRoutes();
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
  if (is_eds && Find(eds.eds_config(), at) == nullptr) return;
  parts_.set_cluster(proto, scope);
  if (scope.errors().size() != errors_before) return;
  if (is_eds) {
    WantEndpoints(proto.name(), eds.service_name(), eds.eds_config(), at);
  } else {
    UnwantEndpoints(proto.name());
  }
}

Discovery::Source* Discovery::Find(const core::ConfigSource& proto, const FieldScope& scope) {
  if (proto.has_ads() || proto.has_self()) {
    // What says "self" has come by the aggregated stream, or by one that can be named.
    if (ads_ != nullptr) return ads_.get();
    scope.Error("asks for the aggregated stream, and there is none",
                "dynamic_resources.ads_config says where it is");
    return nullptr;
  }
  if (!PathOf(proto).empty()) return FindFile(proto, scope);
  if (!proto.has_api_config_source()) {
    scope.Error("must be ads, an api_config_source or a path_config_source");
    return nullptr;
  }
  std::unique_ptr<Source>& source = others_[KeyOf(proto)];
  if (source != nullptr) return source.get();
  const FieldScope at = scope.At("api_config_source");
  if (parts_.open_channel == nullptr) {
    at.Error("needs gRPC, which this program has not");
    return nullptr;
  }
  auto api = ReadApiSource(proto.api_config_source(), bootstrap_, at);
  if (!api.has_value()) return nullptr;
  source = std::make_unique<Source>(*this, *std::move(api), false);
  return source.get();
}

Discovery::Source* Discovery::FindFile(const core::ConfigSource& proto, const FieldScope& scope) {
  const std::string& path = PathOf(proto);
  std::unique_ptr<Source>& source = others_[path];
  if (source != nullptr) return source.get();
  if (!FormatOfFile(path).has_value()) {
    scope.Error(absl::StrCat("\"", path, "\" says no notation"),
                "end it in .yaml, .json, .textproto or .pb");
    return nullptr;
  }
  source = std::make_unique<Source>(*this, std::nullopt, false);
  source->path = path;
  source->watched = proto.path_config_source().watched_directory().path();
  if (source->watched.empty()) source->watched = path;
  return source.get();
}

std::unique_ptr<ResourceSource> Discovery::MakeStream(Source& source) {
  if (!source.api.has_value()) {
    auto file = std::make_unique<FileSource>(parts_.main, source.path);
    const absl::Status status = file->Watch(parts_.files, source.watched);
    if (!status.ok()) {
      SLUICE_LOG(kConfig, kWarning, source.path, ": changes are not seen: ", status.message());
    }
    return file;
  }
  const auto make_channel = [this, &source]() -> absl::StatusOr<std::unique_ptr<MessageChannel>> {
    absl::StatusOr<ChannelSpec> spec = source.api->channel();
    if (!spec.ok()) return spec.status();
    return parts_.open_channel(parts_.main.loop, *std::move(spec));
  };
  return std::make_unique<DiscoveryStream>(
      parts_.main, make_channel,
      DiscoveryStream::Settings{.dialect = *source.api->dialect,
                                .is_aggregated = source.is_aggregated,
                                .node = MakeNode(),
                                .node_once = source.api->node_once},
      stats_);
}

ResourceSource& Discovery::Open(Source& source, const ResourceType& type) {
  const std::string key = source.is_aggregated ? "" : std::string(type.url);
  std::unique_ptr<ResourceSource>& opened = source.opened[key];
  if (opened != nullptr) return *opened;
  opened = MakeStream(source);
  const auto add = [&](const ResourceType& added, ResourceUser& user) {
    if (!source.is_aggregated && &added != &type) return false;
    opened->Add(added, user, StatsOf(added));
    return true;
  };
  if (cluster_source_ == &source) add(kClusterType, *cluster_updates_);
  if (listener_source_ == &source) add(kListenerType, *listener_updates_);
  if (add(kEndpointType, source.endpoints)) source.endpoints.SetSource(*opened);
  if (add(kRouteType, source.routes)) source.routes.SetSource(*opened);
  if (add(kSecretType, source.secrets)) source.secrets.SetSource(*opened);
  add(kRuntimeType, source.runtime);
  return *opened;
}

UpdateStats Discovery::StatsOf(const ResourceType& type) {
  if (&type == &kClusterType) return UpdateStats(parts_.stats, "cluster_manager.cds.");
  if (&type == &kListenerType) return UpdateStats(parts_.stats, "listener_manager.lds.");
  if (&type == &kEndpointType) return UpdateStats(parts_.stats, "cluster_manager.eds.");
  if (&type == &kRouteType) return UpdateStats(parts_.stats, "listener_manager.rds.");
  if (&type == &kRuntimeType) return UpdateStats(parts_.stats, "runtime.");
  return UpdateStats(parts_.stats, "listener_manager.sds.");
}

core::Node Discovery::MakeNode() const {
  core::Node node = bootstrap_.node();
  if (node.user_agent_name().empty()) node.set_user_agent_name("sluice");
  return node;
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
      },
      [this](const core::ConfigSource& proto) {
        ConfigErrors errors;
        Find(proto, FieldScope(errors));
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
  ForEachSource([&](const Source& source) { is_used |= source.routes.Names(cluster); });
  return is_used;
}

void Discovery::OnRoutes() {
  if (cluster_updates_.has_value()) cluster_updates_->OnRoutes();
}

void Discovery::RunEndOfTurn() {
  ForEachSource([](Source& source) { source.routes.OnClusters(); });
  if (cluster_updates_.has_value()) cluster_updates_->OnServing();
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
  const auto each = [&](const ResourceType& type, const auto& updates) {
    for (const auto& [name, record] : updates.records()) {
      if constexpr (requires { updates.ViewOf(name, record); }) {
        visit(type, name, updates.ViewOf(name, record));
      } else {
        visit(type, name, {record});
      }
    }
  };
  if (listener_updates_.has_value()) each(kListenerType, *listener_updates_);
  if (cluster_updates_.has_value()) each(kClusterType, *cluster_updates_);
  ForEachSource([&](const Source& source) {
    each(kEndpointType, source.endpoints);
    each(kRouteType, source.routes);
    each(kSecretType, source.secrets);
    each(kRuntimeType, source.runtime);
    const ResourceRecord none;
    for (const std::string& name : source.secrets.Missing()) visit(kSecretType, name, {none, true});
  });
}

const ResourceRecord* Discovery::FindAssignment(const std::string& cluster) const {
  const auto source = endpoint_sources_.find(cluster);
  return source == endpoint_sources_.end() ? nullptr
                                           : source->second->endpoints.FindRecord(cluster);
}

}  // namespace sluice
