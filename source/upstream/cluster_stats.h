// Statistics of a cluster: handles by Envoy's names. Main thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "source/stats/registry.h"
#include "source/upstream/circuit_breaker.h"
#include "source/upstream/cluster_spec.h"

namespace sluice {

// "cluster.<stat_name>."; colons of the name become underscores, as in Envoy.
std::string ClusterStatPrefix(absl::string_view stat_name);

// "cluster.<stat_name>.*".
HealthStats MakeHealthStats(StatsRegistry& registry, absl::string_view stat_name);
ClusterStats MakeClusterStats(StatsRegistry& registry, absl::string_view stat_name);

// "cluster.<stat_name>.circuit_breakers.<priority>.*", and how many upgraded streams there are:
// gauges computed from the breaker when they are read, so that requests do not pay for them, as
// long as these are held.
using BreakerStats = std::vector<std::shared_ptr<const StatGroup>>;
BreakerStats MakeBreakerStats(StatsRegistry& registry, const ClusterSpec& spec,
                              const std::shared_ptr<const CircuitBreaker>& breaker);

}  // namespace sluice
