#include "source/server/proxy_core.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "source/base/log.h"
#include "source/base/status_macros.h"
#include "source/config/any_unpack.h"
#include "source/net/bind_config.h"
#include "source/server/core_factories.h"
#include "source/upstream/cluster_config.h"

namespace sluice {
namespace {

std::vector<EventLoop*> LoopsOf(const std::vector<WorkerContext*>& workers) {
  std::vector<EventLoop*> loops;
  for (WorkerContext* worker : workers) loops.push_back(&worker->loop);
  return loops;
}

}  // namespace

ProxyCore::ProxyCore(const World& world, const Registry& extensions)
    : world_(world),
      registry_(extensions),
      worker_set_(LoopsOf(world.workers)),
      secrets_(world.main, world.files, world.stats),
      route_tables_(worker_set_, world.main),
      scopes_(worker_set_, world.main, route_tables_),
      sides_([&] {
        std::vector<std::unique_ptr<Side>> sides;
        for (WorkerContext* worker : world.workers)
          sides.push_back(std::make_unique<Side>(*worker));
        sides.push_back(std::make_unique<Side>(world.main));
        return sides;
      }()),
      access_logs_(world.workers, world.main, world.open_access_log),
      overload_(world.main, world.stats, process_.overload, world.heap),
      upstreams_(world.main.loop, worker_set_,
                 [&] {
                   std::vector<WorkerUpstreams::Side> sides;
                   for (size_t i = 0; i < world.workers.size(); ++i) {
                     sides.push_back({*world.workers[i], world.network, sides_[i]->clusters});
                   }
                   return sides;
                 }()),
      clusters_(world.main, world.network, world.stats, world.resolver, upstreams_),
      listeners_([&] {
        std::vector<WorkerListeners*> parts;
        for (size_t i = 0; i < world.workers.size(); ++i) parts.push_back(&sides_[i]->listeners);
        return ListenerSet::World{.workers = world.workers,
                                  .main = world.main,
                                  .worker_set = worker_set_,
                                  .parts = std::move(parts),
                                  .network = world.network,
                                  .stats = world.stats,
                                  .access_logs = access_logs_,
                                  .process = process_,
                                  .registry = registry_,
                                  .pace = world.drain_pace};
      }()),
      runtime_(world.main, world.stats, world.files, runtime_keys_,
               [this] { clusters_.OnRuntime(); }),
      discovery_(DiscoveryParts()) {
  access_logs_.SetRuntime(runtime_keys_);
  for (const auto& side : sides_) proxy_workers_.push_back(&side->proxy);
  AddCoreFactories(registry_, {.registry = registry_,
                               .stats = world_.stats,
                               .access_logs = access_logs_,
                               .proxy_workers = proxy_workers_,
                               .cluster_names = cluster_names_,
                               .route_tables = route_tables_,
                               .scopes = scopes_,
                               .runtime = runtime_keys_,
                               .secrets = secrets_,
                               .tls = {worker_set_, world_.main, world_.files, certificate_dates_},
                               .process = process_});
}

ProxyCore::~ProxyCore() {
  // What is still open looks at everything else.
  for (const auto& side : sides_) side->listeners.Clear();
}

void ProxyCore::Load(const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
                     ConfigErrors& errors) {
  process_.node_cluster = bootstrap.node().cluster();
  if (bootstrap.has_overload_manager()) {
    process_.has_overload_manager = true;
    overload_spec_ = ReadOverload(bootstrap, FieldScope(errors, "overload_manager"));
  }
  runtime_.Load(bootstrap.layered_runtime(), bootstrap.node().cluster(),
                FieldScope(errors, "layered_runtime"));
  OpenOutlierLog(bootstrap, errors);
  ReadLocalCluster(bootstrap, errors);
  ReadUpstreamSocket(bootstrap, errors);
  const FieldScope root(errors, "static_resources");
  const auto& resources = bootstrap.static_resources();
  for (const auto& secret : resources.secrets()) secrets_.AddStatic(secret);
  for (const auto& cluster : resources.clusters()) static_clusters_.insert(cluster.name());
  cluster_names_ = static_clusters_;
  discovery_.Load(bootstrap, errors);
  LoadClusters(bootstrap, root);
  for (int i = 0; i < resources.listeners_size(); ++i) {
    const FieldScope at = root.At("listeners", i);
    listeners_.Set(resources.listeners(i), "", ListenerOrigin::kStatic, at);
  }
}

void ProxyCore::LoadClusters(const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
                             const FieldScope& root) {
  const auto& clusters = bootstrap.static_resources().clusters();
  for (int i = 0; i < clusters.size(); ++i) {
    const auto& cluster = clusters[i];
    const FieldScope at = root.At("clusters", i);
    SetCluster(cluster, at);
    if (cluster.type() != envoy::config::cluster::v3::Cluster::EDS) continue;
    if (clusters_.Find(cluster.name()) == nullptr) continue;
    const auto& eds = cluster.eds_cluster_config();
    const FieldScope at_source = at.At("eds_cluster_config.eds_config");
    discovery_.WantEndpoints(cluster.name(), eds.service_name(), eds.eds_config(), at_source);
  }
}

Discovery::Parts ProxyCore::DiscoveryParts() {
  return {.main = world_.main,
          .stats = world_.stats,
          .network = world_.network,
          .files = world_.files,
          .open_channel = world_.open_channel,
          .clusters = clusters_,
          .secrets = secrets_,
          .routes = route_tables_,
          .scopes = scopes_,
          .filter_settings = registry_.filter_settings(),
          .runtime = runtime_,
          .set_cluster =
              [this](const auto& proto, const FieldScope& scope) {
                const size_t errors_before = scope.errors().size();
                SetCluster(proto, scope);
                if (scope.errors().size() == errors_before) cluster_names_.insert(proto.name());
              },
          .remove_cluster =
              [this](const std::string& name) {
                cluster_names_.erase(name);
                clusters_.Remove(name);
              },
          .static_clusters = static_clusters_,
          .set_listener =
              [this](const auto& proto, const std::string& version, const FieldScope& scope) {
                listeners_.Set(proto, version, ListenerOrigin::kDynamic, scope);
              },
          .remove_listener = [this](const std::string& name) { listeners_.Remove(name); }};
}

std::shared_ptr<const ClusterSpec> ProxyCore::ReadCluster(
    const envoy::config::cluster::v3::Cluster& cluster, const FieldScope& scope, WarmGate& gate) {
  const ParseTransport parse_transport =
      [this, &gate](const google::protobuf::Any& config, const std::string& stat_prefix,
                    const FieldScope& field) -> std::unique_ptr<const ClientTransportFactory> {
    const ClientTransportParser* parse = registry_.FindClientTransport(ContentType(config));
    if (parse == nullptr) {
      ReportUnknownType(config.type_url(), field);
      return nullptr;
    }
    const auto message = UnpackAny(config, field);
    if (message == nullptr) return nullptr;
    return (*parse)(*message, {world_.stats, stat_prefix, &gate}, field);
  };
  const OpenEventLog open_event_log = [this](const std::string& path, const FieldScope& field) {
    return access_logs_.FindFile(path, field);
  };
  return ParseCluster(cluster, scope,
                      {.stats = world_.stats,
                       .parse_transport = parse_transport,
                       .open_event_log = open_event_log,
                       .runtime = &runtime_keys_,
                       .settings = &cluster_settings_,
                       .socket = upstream_socket_});
}

void ProxyCore::SetCluster(const envoy::config::cluster::v3::Cluster& cluster,
                           const FieldScope& scope) {
  auto gate = std::make_unique<WarmGate>();
  auto spec = ReadCluster(cluster, scope, *gate);
  if (spec == nullptr) return;
  if (gate->open()) gate.reset();  // there is nothing to wait for
  clusters_.Set(std::move(spec), std::move(gate));
}

void ProxyCore::ReadLocalCluster(const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
                                 ConfigErrors& errors) {
  const std::string& name = bootstrap.cluster_manager().local_cluster_name();
  if (name.empty()) return;
  const auto& locality = bootstrap.node().locality();
  clusters_.SetLocalCluster(name, {locality.region(), locality.zone(), locality.sub_zone()});
  for (const auto& cluster : bootstrap.static_resources().clusters()) {
    if (cluster.name() == name) return;
  }
  FieldScope(errors, "cluster_manager.local_cluster_name")
      .Error("is no cluster of static_resources");
}

void ProxyCore::ReadUpstreamSocket(const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
                                   ConfigErrors& errors) {
  const auto& manager = bootstrap.cluster_manager();
  if (!manager.has_upstream_bind_config()) return;
  ReadBindConfig(manager.upstream_bind_config(),
                 FieldScope(errors, "cluster_manager.upstream_bind_config"), upstream_socket_);
}

void ProxyCore::OpenOutlierLog(const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
                               ConfigErrors& errors) {
  const std::string& path = bootstrap.cluster_manager().outlier_detection().event_log_path();
  if (path.empty()) return;
  const FieldScope scope(errors, "cluster_manager.outlier_detection.event_log_path");
  LogSink* const log = access_logs_.FindFile(path, scope);
  if (log != nullptr) clusters_.SetOutlierLog(*log);
}

void ProxyCore::Start(std::function<void(absl::Status)> on_done) {
  overload_.Start(overload_spec_);
  listeners_.TellFailures(
      [this](const std::string& name, const std::string& version, const absl::Status& status) {
        discovery_.NoteListenerFailure(name, version, std::string(status.message()));
      });
  clusters_.TellServing([this] { discovery_.OnClusters(); });
  const auto start_listeners = [this, on_done = std::move(on_done)] {
    discovery_.StartListeners([this, on_done] {
      runtime_.OnStarted();
      on_done(listeners_.Start());
    });
  };
  const auto start_clusters = [this, start_listeners] {
    discovery_.StartClusters([this, start_listeners] { clusters_.WhenReady(start_listeners); });
  };
  clusters_.WhenReady([this, start_clusters] { discovery_.StartRuntime(start_clusters); });
}

absl::Status ProxyCore::ListenOnMain(std::shared_ptr<const ListenerConfig> config, Address& bound) {
  ListenOptions options = config->listen;
  options.reuse_port = false;
  auto socket = world_.network.Listen(world_.main.loop.poller(), config->address, options);
  if (!socket.ok()) return socket.status();
  bound = (*socket)->local_address();
  WorkerListeners& listeners = sides_.back()->listeners;
  listeners.Add(++main_listeners_, bound, std::move(config), std::move(*socket), nullptr);
  listeners.Start(main_listeners_);
  return absl::OkStatus();
}

void ProxyCore::ForEachSide(std::function<void(Side& side, uint32_t worker)> work) {
  worker_set_.PostToAll([this, work](uint32_t worker) { work(*sides_[worker], worker); });
}

void ProxyCore::StartDrain(std::function<void()> on_empty, Accepting accepting) {
  listeners_.StartDrain(std::move(on_empty), accepting);
}

void ProxyCore::CollectTunnels(OnTunnels done) {
  struct Collected {
    std::vector<TunnelView> open;
    std::vector<TunnelEndView> ends;
    size_t workers_left;
    OnTunnels done;
  };
  const auto all = std::make_shared<Collected>();
  all->workers_left = world_.workers.size();
  all->done = std::move(done);
  ForEachSide([this, all](Side& side, uint32_t) {
    TunnelBoard& tunnels = side.proxy.tunnels();
    world_.main.loop.Post([all, open = tunnels.Open(side.proxy.context().loop.now()),
                           ends = tunnels.Ends()]() mutable {
      std::move(open.begin(), open.end(), std::back_inserter(all->open));
      std::move(ends.begin(), ends.end(), std::back_inserter(all->ends));
      if (--all->workers_left > 0) return;
      // A worker may hold the rest longer; this leads to objects of the main thread.
      std::exchange(all->done, nullptr)(std::move(all->open), std::move(all->ends));
    });
  });
}

void ProxyCore::CloseAll(std::function<void()> on_done) { listeners_.CloseAll(std::move(on_done)); }

}  // namespace sluice
