// Core factories: the connection manager, the TCP proxy, the router and the transport sockets enter
// through the registry like any extension, though they are core code.
#pragma once

#include <string>
#include <vector>

#include "absl/container/btree_set.h"
#include "source/accesslog/access_log_config.h"
#include "source/config/runtime_keys.h"
#include "source/proxy/proxy_worker.h"
#include "source/route/route_tables.h"
#include "source/route/scoped_routes.h"
#include "source/sdk/registry.h"
#include "source/stats/registry.h"
#include "source/tls/tls_context_config.h"
#include "source/tls/tls_world.h"

namespace sluice {

struct CoreParts {
  const Registry& registry;
  StatsRegistry& stats;
  AccessLogFactory& access_logs;
  const std::vector<ProxyWorker*>& proxy_workers;
  const absl::btree_set<std::string>& cluster_names;  // that static routes may name
  RouteTables& route_tables;
  ScopeFeeds& scopes;
  RuntimeKeys& runtime;
  SecretStore& secrets;
  TlsWorld tls;
  const ProcessFacts& process;
};

// Everything in `parts` outlives what the factories make.
void AddCoreFactories(Registry& registry, const CoreParts& parts);

}  // namespace sluice
