#include "source/proxy/manager_routes_config.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"
#include "source/config/canonical_bytes.h"
#include "source/route/route_config.h"
#include "source/route/scope_config.h"

namespace sluice {
namespace {

using envoy::config::core::v3::ConfigSource;
using HcmProto =
    envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager;
using ScopedRoutesProto =
    envoy::extensions::filters::network::http_connection_manager::v3::ScopedRoutes;

RouteSource SourceOf(const ConfigSource& proto) {
  ConfigSource place = proto;
  place.clear_initial_fetch_timeout();  // how long it is waited for makes it no other source
  return {.proto = std::make_shared<const ConfigSource>(proto), .bytes = CanonicalBytes(place)};
}

// Whether there may be virtual hosts that come by themselves.
void CheckHosts(const RouteTable* table, const ConnectionManagerParts& parts,
                const FieldScope& scope) {
  if (table == nullptr || !table->rules()->hosts.has_value()) return;
  const absl::Status can_come = parts.route_tables.CanFetchHosts(*table->rules()->hosts->proto);
  if (!can_come.ok()) scope.At("vhds.config_source").Error(can_come.message());
}

void ReadRds(const HcmProto& proto, const ConnectionManagerParts& parts, const FieldScope& scope,
             ConnectionManagerConfig& config) {
  const FieldScope at = scope.At("rds");
  const auto& rds = proto.rds();
  const absl::Status can_come = parts.route_tables.CanFetch(rds.config_source());
  if (!can_come.ok()) {
    return at.Error(can_come.message(), "or put the routes into route_config");
  }
  if (rds.route_config_name().empty()) return at.At("route_config_name").Error("is required");
  config.rds = parts.route_tables.Subscribe(rds.route_config_name(), SourceOf(rds.config_source()),
                                            parts.gate, proto.stat_prefix());
}

// Where the tables come from that scopes name.
std::optional<RouteSource> ReadScopeTables(const ScopedRoutesProto& proto,
                                           const ConnectionManagerParts& parts,
                                           const FieldScope& scope) {
  if (!proto.has_rds_config_source()) return std::nullopt;
  const absl::Status can_come = parts.route_tables.CanFetch(proto.rds_config_source());
  if (!can_come.ok()) scope.At("rds_config_source").Error(can_come.message());
  return SourceOf(proto.rds_config_source());
}

Scopes ReadFixedScopes(const ScopedRoutesProto& proto, const ConnectionManagerParts& parts,
                       const FieldScope& scope) {
  Scopes scopes = ParseFixedScopes(proto, scope, parts.runtime, &parts.registry.filter_settings());
  for (const auto& [name, one] : scopes) {
    CheckHosts(one.own.get(), parts, scope.At("scoped_route_configurations_list"));
  }
  for (const auto& [name, one] : scopes) {
    if (one.table.empty() || proto.has_rds_config_source()) continue;
    scope.At("rds_config_source")
        .Error(absl::StrCat("is required: the scope \"", name, "\" names the table \"", one.table,
                            "\""));
    break;
  }
  return scopes;
}

void ReadScopes(const HcmProto& hcm, const ConnectionManagerParts& parts, const FieldScope& scope,
                ConnectionManagerConfig& config) {
  const ScopedRoutesProto& proto = hcm.scoped_routes();
  const size_t errors_before = scope.errors().size();
  ScopeWish wish = {.name = proto.name(), .stat_prefix = hcm.stat_prefix()};
  if (proto.name().empty()) scope.At("name").Error("is required");
  wish.tables = ReadScopeTables(proto, parts, scope);
  Scopes fixed;
  if (proto.has_scoped_rds()) {
    const auto& source = proto.scoped_rds().scoped_rds_config_source();
    const absl::Status can_come = parts.scopes.CanFetch(source);
    if (!can_come.ok()) {
      scope.At("scoped_rds.scoped_rds_config_source")
          .Error(can_come.message(), "or put the scopes into scoped_route_configurations_list");
    }
    if (!wish.tables.has_value()) {
      scope.At("rds_config_source").Error("is required", "where tables come from that scopes name");
    }
    wish.source = std::make_shared<const ConfigSource>(source);
  } else if (proto.has_scoped_route_configurations_list()) {
    fixed = ReadFixedScopes(proto, parts, scope);
  } else {
    scope.Error("says of no scopes", "set scoped_route_configurations_list, or scoped_rds");
  }
  std::vector<ScopeFragment> fragments = ParseScopeFragments(proto, scope);
  if (scope.errors().size() != errors_before) return;
  config.scopes = parts.scopes.Subscribe(std::move(wish), std::move(fragments), parts.gate, fixed);
}

void ReadOwnTable(const HcmProto& proto, const ConnectionManagerParts& parts,
                  const FieldScope& scope, ConnectionManagerConfig& config) {
  const size_t errors_before = scope.errors().size();
  std::shared_ptr<const RouteTable> table = ParseRouteTable(
      proto.route_config(), scope, parts.runtime, &parts.registry.filter_settings());
  if (table == nullptr) return;
  CheckHosts(table.get(), parts, scope);
  // Envoy too refuses a static table whose clusters do not exist: nothing could be routed there.
  if (table->validate_clusters().value_or(true)) {
    for (const std::string& cluster : table->clusters()) {
      if (parts.cluster_names.contains(cluster)) continue;
      scope.Error(absl::StrCat("names the cluster \"", cluster, "\", which does not exist"),
                  "add it to static_resources.clusters");
    }
  }
  if (!table->rules()->hosts.has_value()) {
    config.routes = std::move(table);
  } else if (scope.errors().size() == errors_before) {
    config.rds = parts.route_tables.Own(std::move(table), parts.gate, proto.stat_prefix());
  }
}

}  // namespace

void ReadManagerRoutes(const HcmProto& proto, const ConnectionManagerParts& parts,
                       const FieldScope& scope, ConnectionManagerConfig& config) {
  if (proto.has_rds()) return ReadRds(proto, parts, scope, config);
  if (proto.has_scoped_routes()) {
    return ReadScopes(proto, parts, scope.At("scoped_routes"), config);
  }
  if (!proto.has_route_config()) {
    return scope.At("route_config")
        .Error("is required", "or rds, which names one, or scoped_routes");
  }
  ReadOwnTable(proto, parts, scope.At("route_config"), config);
}

}  // namespace sluice
