#include "source/server/admin/static_config_dump.h"

#include <memory>
#include <utility>

#include "envoy/admin/v3/config_dump.pb.h"
#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"

namespace sluice {
namespace {

using envoy::admin::v3::RoutesConfigDump;
using envoy::config::listener::v3::FilterChain;
using envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager;
using google::protobuf::Timestamp;

using envoy::config::route::v3::RouteConfiguration;

void AddRoutes(const FilterChain& chain, std::vector<RouteConfiguration>& tables) {
  for (const auto& filter : chain.filters()) {
    HttpConnectionManager manager;
    if (!filter.typed_config().UnpackTo(&manager) || !manager.has_route_config()) continue;
    tables.push_back(std::move(*manager.mutable_route_config()));
  }
}

using envoy::admin::v3::ListenersConfigDump;

void Fill(const DumpedListener& listener, ListenersConfigDump::DynamicListenerState& state) {
  state.set_version_info(listener.version);
  state.mutable_listener()->PackFrom(*listener.proto);
  *state.mutable_last_updated() = ProtoTime(listener.since);
}

}  // namespace

std::vector<RouteConfiguration> StaticRoutes(
    const envoy::config::bootstrap::v3::Bootstrap& bootstrap) {
  std::vector<RouteConfiguration> tables;
  for (const auto& listener : bootstrap.static_resources().listeners()) {
    for (const auto& chain : listener.filter_chains()) AddRoutes(chain, tables);
    AddRoutes(listener.default_filter_chain(), tables);
  }
  return tables;
}

Timestamp ProtoTime(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  Timestamp timestamp;
  timestamp.set_seconds(seconds.time_since_epoch().count());
  timestamp.set_nanos(static_cast<int32_t>(Duration(time - seconds).count()));
  return timestamp;
}

void AddDynamicListeners(const std::vector<DynamicListenerFacts>& listeners,
                         ConfigDumpParts& parts) {
  for (const auto& part : parts) {
    if (part->GetDescriptor() != ListenersConfigDump::descriptor()) continue;
    for (const DynamicListenerFacts& listener : listeners) {
      auto& entry = *static_cast<ListenersConfigDump&>(*part).add_dynamic_listeners();
      entry.set_name(listener.name);
      if (listener.active.proto != nullptr) Fill(listener.active, *entry.mutable_active_state());
      if (listener.warming.proto != nullptr) Fill(listener.warming, *entry.mutable_warming_state());
      if (listener.draining.proto != nullptr)
        Fill(listener.draining, *entry.mutable_draining_state());
      entry.set_client_status(envoy::admin::v3::ACKED);
    }
  }
}

ConfigDumpParts StaticConfigDump(const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
                                 WallTime loaded_at) {
  const Timestamp loaded = ProtoTime(loaded_at);
  auto whole = std::make_unique<envoy::admin::v3::BootstrapConfigDump>();
  *whole->mutable_bootstrap() = bootstrap;
  *whole->mutable_last_updated() = loaded;
  auto clusters = std::make_unique<envoy::admin::v3::ClustersConfigDump>();
  for (const auto& cluster : bootstrap.static_resources().clusters()) {
    auto& entry = *clusters->add_static_clusters();
    entry.mutable_cluster()->PackFrom(cluster);
    *entry.mutable_last_updated() = loaded;
  }
  auto listeners = std::make_unique<envoy::admin::v3::ListenersConfigDump>();
  auto routes = std::make_unique<RoutesConfigDump>();
  for (const auto& listener : bootstrap.static_resources().listeners()) {
    auto& entry = *listeners->add_static_listeners();
    entry.mutable_listener()->PackFrom(listener);
    *entry.mutable_last_updated() = loaded;
  }
  for (const RouteConfiguration& table : StaticRoutes(bootstrap)) {
    auto& entry = *routes->add_static_route_configs();
    entry.mutable_route_config()->PackFrom(table);
    *entry.mutable_last_updated() = loaded;
  }
  auto secrets = std::make_unique<envoy::admin::v3::SecretsConfigDump>();
  for (const auto& secret : bootstrap.static_resources().secrets()) {
    auto& entry = *secrets->add_static_secrets();
    entry.set_name(secret.name());
    entry.mutable_secret()->PackFrom(secret);
    *entry.mutable_last_updated() = loaded;
  }
  ConfigDumpParts parts;
  parts.push_back(std::move(whole));
  parts.push_back(std::move(clusters));
  parts.push_back(std::move(listeners));
  parts.push_back(std::move(routes));
  if (secrets->static_secrets_size() > 0) parts.push_back(std::move(secrets));
  return parts;
}

}  // namespace sluice
