// Cluster configuration: envoy.config.cluster.v3.Cluster to ClusterSpec. Main thread, at load.
#pragma once

#include <memory>

#include "source/config/field_scope.h"
#include "source/stats/registry.h"
#include "source/upstream/cluster_spec.h"

namespace envoy::config::cluster::v3 {
class Cluster;
}

namespace sluice {

// Null when anything was wrong; every error is in `scope` then. The statistics come from `stats`.
std::shared_ptr<const ClusterSpec> ParseCluster(const envoy::config::cluster::v3::Cluster& cluster,
                                                const FieldScope& scope, StatsRegistry& stats);

}  // namespace sluice
