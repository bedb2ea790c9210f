// Balancer configuration: lb_policy or load_balancing_policy of envoy.config.cluster.v3.Cluster,
// and what goes with them, to BalancerSpec. Main thread, at load.
#pragma once

#include "source/config/field_scope.h"
#include "source/config/runtime_keys.h"
#include "source/upstream/balancer_spec.h"

namespace envoy::config::cluster::v3 {
class Cluster;
}

namespace sluice {

// Errors go to `scope`, which is the cluster's. Some numbers are those that `runtime` sets; null:
// nothing does.
BalancerSpec ParseBalancer(const envoy::config::cluster::v3::Cluster& cluster,
                           const FieldScope& scope, RuntimeKeys* runtime = nullptr);

}  // namespace sluice
