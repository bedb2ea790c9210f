// What the server shows on its admin port, and what it lets itself be told there.
#include <utility>

#include "source/base/log.h"
#include "source/server/admin/dynamic_config_dump.h"
#include "source/server/admin/static_config_dump.h"
#include "source/server/options.h"
#include "source/server/server.h"

namespace sluice {
namespace {

absl::string_view CheckName(const HealthCheckSpec& check) {
  constexpr absl::string_view kNames[] = {"http", "tcp", "grpc", "websocket"};
  return kNames[check.probe.index()];
}

void ShowProbes(const CheckedHost& checked, HostView& view) {
  view.since = checked.since;
  for (const auto& check : checked.checks) {
    const HostCheck::Last& last = check->last();
    view.probes.push_back({.check = CheckName(check->spec()),
                           .words = last.words,
                           .passed = last.passed,
                           .latency = last.latency,
                           .at = last.at});
  }
}

HostView ShowHost(const Host& host, const EndpointTraits& traits) {
  const HostFacts& facts = host.facts();
  const Locality locality = traits.locality == nullptr ? Locality() : traits.locality->locality;
  constexpr auto kRelaxed = std::memory_order_relaxed;
  HostView view{.address = host.address_now().text(),
                .hostname = facts.hostname,
                .region = locality.region,
                .zone = locality.zone,
                .sub_zone = locality.sub_zone,
                .weight = traits.weight,
                .priority = traits.priority};
  view.flags = host.flags();
  view.cx_active = host.cx_active.load(kRelaxed);
  view.cx_connect_fail = host.cx_connect_fail.load(kRelaxed);
  view.cx_total = host.cx_total.load(kRelaxed);
  view.rq_active = host.rq_active.load(kRelaxed);
  view.rq_error = host.rq_error.load(kRelaxed);
  view.rq_success = host.rq_success.load(kRelaxed);
  view.rq_timeout = host.rq_timeout.load(kRelaxed);
  view.rq_total = host.rq_total.load(kRelaxed);
  return view;
}

BreakerFacts ShowBreaker(const BreakerLimits& limits) {
  return {.connections_max = limits.connections_max,
          .pending_requests_max = limits.pending_requests_max,
          .requests_max = limits.requests_max,
          .retries_max = limits.retries_max};
}

std::vector<ClusterView> ShowClusters(const ClusterSet& clusters) {
  std::vector<ClusterView> views;
  clusters.ForEach([&](const Cluster& cluster) {
    const ClusterSpec& spec = cluster.spec();
    ClusterView view{.name = spec.name,
                     .observability_name = spec.stat_name == spec.name ? "" : spec.stat_name,
                     .eds_service_name = spec.eds_service_name,
                     .default_breaker = ShowBreaker(spec.breakers[0]),
                     .high_breaker = ShowBreaker(spec.breakers[1])};
    const HostSet& set = cluster.hosts();
    for (size_t i = 0; i < set.hosts.size(); ++i) {
      view.hosts.push_back(ShowHost(*set.hosts[i], set.traits[i]));
      view.hosts.back().ejections = cluster.ejections(i);
      const CheckedHost* const checked = cluster.health().Find(*set.hosts[i]);
      if (checked != nullptr) ShowProbes(*checked, view.hosts.back());
    }
    views.push_back(std::move(view));
  });
  return views;
}

std::vector<RuntimeLayerFacts> ShowRuntime(const RuntimeLayers& runtime) {
  std::vector<RuntimeLayerFacts> layers;
  for (const RuntimeLayers::Layer& layer : runtime.layers()) {
    layers.push_back({layer.name, {}});
    for (const auto& [key, value] : layer.values) layers.back().values[key] = value.text;
  }
  return layers;
}

DumpedListener Dumped(const ListenerVersion& version) {
  if (version.config == nullptr) return {};
  return {.version = version.config->version, .proto = version.proto.get(), .since = version.since};
}

}  // namespace

AdminView Server::MakeAdminView() {
  return {
      .stats = stats_,
      .intervals = intervals_,
      .server = [this] { return ShowServer(); },
      .listeners = [this] { return ShowListeners(); },
      .clusters = [this] { return ShowClusters(core_->clusters()); },
      .config_dump = [this] { return DumpConfig(); },
      .config_coverage = [this] { return ledger_; },
      .tunnels =
          [this](std::function<void(TunnelSnapshot)> done) {
            core_->CollectTunnels([done = std::move(done)](std::vector<TunnelView> open,
                                                           std::vector<TunnelEndView> ends) {
              done({std::move(open), std::move(ends)});
            });
          },
      .connections =
          [this](std::function<void(std::vector<ConnectionView>)> done) {
            core_->listeners().CollectConnections(std::move(done));
          },
      .runtime = [this] { return ShowRuntime(core_->runtime()); },
      .modify_runtime = [this](const auto& changes) { return core_->runtime().Modify(changes); },
      .order_host =
          [this](const std::string& cluster, const std::string& address, HostOrder order) {
            return core_->clusters().OrderHost(cluster, address, order);
          },
      .drain_listeners = [this](DrainOrder order) { DrainListeners(order); },
      .set_health_check = [this](HealthCheckAnswer answer) { SetHealthCheck(answer); },
      .quit = [this] { DrainAndExit(); }};
}

ServerFacts Server::ShowServer() const {
  ServerFacts facts;
  facts.version = VersionLine();
  facts.state = state_;
  facts.uptime = main_.loop.now() - started_;
  facts.node = bootstrap_.node();
  facts.options.set_concurrency(static_cast<uint32_t>(workers_.size()));
  facts.options.set_config_path(options_.config_path);
  facts.options.set_config_yaml(options_.config_yaml);
  facts.options.set_log_level(std::string(LogLevelName(options_.log_level)));
  facts.options.set_log_path(options_.log_path);
  facts.options.set_service_cluster(options_.service_cluster);
  facts.options.set_service_node(options_.service_node);
  facts.options.set_service_zone(options_.service_zone);
  facts.options.set_admin_address_path(options_.admin_address_path);
  facts.options.mutable_drain_time()->set_seconds(options_.drain_time.count());
  return facts;
}

std::vector<ListenerFacts> Server::ShowListeners() const {
  std::vector<ListenerFacts> facts;
  for (const auto& [name, listener] : core_->listeners().all()) {
    if (listener.places.empty()) continue;  // it waits yet
    facts.push_back({.name = name});
    for (const ListenerPlace& place : listener.places) {
      facts.back().addresses.push_back(place.bound.text());
    }
  }
  return facts;
}

ConfigDumpParts Server::DumpConfig() const {
  ConfigDumpParts parts = StaticConfigDump(bootstrap_, started_wall_);
  std::vector<DynamicListenerFacts> dynamic;
  for (const auto& [name, listener] : core_->listeners().all()) {
    if (listener.origin == ListenerOrigin::kStatic) continue;
    dynamic.push_back({.name = name, .active = Dumped(listener.active), .warming = {}});
    if (listener.warming != nullptr) dynamic.back().warming = Dumped(listener.warming->version);
  }
  AddDynamicListeners(dynamic, parts);
  AddDynamicConfigDump(core_->discovery(), parts);
  return parts;
}

// Envoy: /drain_listeners closes the listeners; with "graceful" connections are told to go first;
// the process goes on.
void Server::DrainListeners(DrainOrder order) {
  if (core_->draining()) return;
  SLUICE_LOG(kAdmin, kInfo, "draining all listeners");
  const bool keep = order.after == AfterDrain::kKeepListeners;
  core_->StartDrain([] {}, keep ? ProxyCore::Accepting::kGoesOn : ProxyCore::Accepting::kEnds);
}

void Server::SetHealthCheck(HealthCheckAnswer answer) {
  if (exiting_) return;
  state_ = answer == HealthCheckAnswer::kFail ? ServerState::kDraining : ServerState::kLive;
}

}  // namespace sluice
