// Reads envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager into a
// ConnectionManagerConfig. Main thread, at load.
#pragma once

#include <memory>
#include <string>

#include "absl/container/btree_set.h"
#include "source/accesslog/access_log_config.h"
#include "source/config/field_scope.h"
#include "source/config/runtime_keys.h"
#include "source/event/warm_gate.h"
#include "source/proxy/connection_manager_config.h"
#include "source/route/route_tables.h"
#include "source/route/scoped_routes.h"
#include "source/sdk/registry.h"

namespace envoy::extensions::filters::network::http_connection_manager::v3 {
class HttpConnectionManager;
}

namespace sluice {

struct ConnectionManagerParts {
  const Registry& registry;
  StatsRegistry& stats;
  AccessLogFactory& access_logs;
  const absl::btree_set<std::string>& cluster_names;  // that routes may name
  RouteTables& route_tables;
  ScopeFeeds& scopes;
  RuntimeKeys* runtime = nullptr;  // null: nothing sets any key
  WarmGate* gate = nullptr;        // as in ExtensionContext
  const ProcessFacts* process = nullptr;
};

// Null when anything is wrong; every error is in `scope` then.
std::shared_ptr<const ConnectionManagerConfig> ParseConnectionManager(
    const envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager&
        proto,
    const ConnectionManagerParts& parts, const FieldScope& scope);

}  // namespace sluice
