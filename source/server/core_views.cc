#include "source/server/core_views.h"

#include <algorithm>
#include <utility>

#include "source/server/admin/client_config.h"
#include "source/server/admin/dynamic_config_dump.h"
#include "source/server/admin/static_config_dump.h"

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

DumpedListener Dumped(const ListenerVersion& version) {
  if (version.config == nullptr) return {};
  return {.version = version.config->version, .proto = version.proto.get(), .since = version.since};
}

// With those that are no more, and whose connections are leaving yet.
std::vector<DynamicListenerFacts> DynamicListeners(const ListenerSet& listeners) {
  std::vector<DynamicListenerFacts> facts;
  for (const auto& [name, listener] : listeners.all()) {
    if (listener.origin == ListenerOrigin::kStatic) continue;
    facts.push_back(
        {.name = name, .active = Dumped(listener.active), .warming = {}, .draining = {}});
    if (listener.warming != nullptr) facts.back().warming = Dumped(listener.warming->version);
  }
  for (const auto& [place, leaving] : listeners.leaving()) {
    const auto has_name = [&name = leaving.name](const auto& fact) { return fact.name == name; };
    auto at = std::find_if(facts.begin(), facts.end(), has_name);
    if (at == facts.end()) at = facts.insert(at, DynamicListenerFacts{.name = leaving.name});
    at->draining = {leaving.version, leaving.proto.get(), leaving.since};
  }
  return facts;
}

}  // namespace

std::vector<ClusterView> ShowClusters(const ProxyCore& core) {
  std::vector<ClusterView> views;
  core.clusters().ForEach([&](const Cluster& cluster) {
    const ClusterSpec& spec = cluster.spec();
    ClusterView view{
        .name = spec.name,
        .observability_name = spec.stat_name == spec.name ? "" : spec.stat_name,
        .eds_service_name = spec.eds_service_name,
        .added_by = core.is_static_cluster(spec.name) ? AddedBy::kBootstrap : AddedBy::kDiscovery,
        .default_breaker = ShowBreaker(spec.settings->breakers[0]),
        .high_breaker = ShowBreaker(spec.settings->breakers[1])};
    view.assignment = core.discovery().FindAssignment(spec.name);
    const HostSet& set = cluster.hosts();
    for (size_t i = 0; i < set.hosts.size(); ++i) {
      view.hosts.push_back(ShowHost(*set.hosts[i], set.traits[i]));
      view.hosts.back().ejections = cluster.ejections(i);
      const CheckedHost* const checked =
          cluster.health() == nullptr ? nullptr : cluster.health()->Find(*set.hosts[i]);
      if (checked != nullptr) ShowProbes(*checked, view.hosts.back());
    }
    views.push_back(std::move(view));
  });
  return views;
}

std::vector<ListenerFacts> ShowListeners(const ProxyCore& core) {
  std::vector<ListenerFacts> facts;
  for (const auto& [name, listener] : core.listeners().all()) {
    if (listener.places.empty()) continue;  // it waits yet
    facts.push_back({.name = name});
    for (const ListenerPlace& place : listener.places) {
      facts.back().addresses.push_back(place.bound.text());
    }
  }
  return facts;
}

std::vector<RuntimeLayerFacts> ShowRuntime(const ProxyCore& core) {
  std::vector<RuntimeLayerFacts> layers;
  for (const RuntimeLayers::Layer& layer : core.runtime().layers()) {
    layers.push_back({layer.name, {}});
    for (const auto& [key, value] : layer.values) layers.back().values[key] = value.text;
  }
  return layers;
}

ConfigDumpParts DumpConfig(const ProxyCore& core,
                           const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
                           WallTime loaded_at) {
  ConfigDumpParts parts = StaticConfigDump(bootstrap, loaded_at);
  AddDynamicListeners(DynamicListeners(core.listeners()), parts);
  AddDynamicConfigDump(core.discovery(), parts);
  return parts;
}

envoy::service::status::v3::ClientConfig ShowClient(
    const ProxyCore& core, const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
    WallTime loaded_at, ResourceContents contents) {
  envoy::service::status::v3::ClientConfig config;
  *config.mutable_node() = core.discovery().node();
  AddStaticResources(bootstrap, loaded_at, contents, config);
  AddDiscoveredResources(core.discovery(), contents, config);
  return config;
}

}  // namespace sluice
