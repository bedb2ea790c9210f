// envoy.config.cluster.v3.Cluster.LbSubsetConfig to SubsetSpec. Main thread, at load.
#pragma once

#include <memory>

#include "source/config/field_scope.h"
#include "source/upstream/balancer_spec.h"

namespace envoy::config::cluster::v3 {
class Cluster_LbSubsetConfig;
}

namespace sluice {

// Null: it has no selectors, and so, as in Envoy, no effect.
std::shared_ptr<const SubsetSpec> ParseSubsets(
    const envoy::config::cluster::v3::Cluster_LbSubsetConfig& config, const FieldScope& scope);

}  // namespace sluice
