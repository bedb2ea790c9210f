// How a cluster's endpoints are found: `type`, `cluster_type` and the fields that are about names,
// of envoy.config.cluster.v3.Cluster, to a ClusterSpec. Main thread.
#pragma once

#include "source/config/field_scope.h"
#include "source/upstream/cluster_spec.h"

namespace envoy::config::cluster::v3 {
class Cluster;
}

namespace sluice {

// Errors go to `scope`.
void ParseDiscovery(const envoy::config::cluster::v3::Cluster& cluster, const FieldScope& scope,
                    ClusterSpec& spec, ClusterSettings& settings);

}  // namespace sluice
