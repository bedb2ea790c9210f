// Core factories: the connection manager and the router enter through the registry like any extension,
// though they are core code.
#pragma once

#include <vector>

#include "source/accesslog/access_log_config.h"
#include "source/proxy/proxy_worker.h"
#include "source/sdk/registry.h"
#include "source/stats/registry.h"

namespace sluice {

struct CoreParts {
  const Registry& registry;
  StatsRegistry& stats;
  AccessLogFactory& access_logs;
  const std::vector<ProxyWorker*>& proxy_workers;
};

// Everything in `parts` outlives what the factories make.
void AddCoreFactories(Registry& registry, const CoreParts& parts);

}  // namespace sluice
