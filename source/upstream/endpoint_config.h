// Endpoints of a cluster: envoy.config.endpoint.v3.ClusterLoadAssignment to Assignment. Main
// thread.
#pragma once

#include <vector>

#include "source/config/field_scope.h"
#include "source/upstream/cluster_spec.h"

namespace envoy::config::endpoint::v3 {
class ClusterLoadAssignment;
}

namespace sluice {

// A ClusterLoadAssignment as values.
struct Assignment {
  std::vector<EndpointSpec> endpoints;
  AssignmentPolicy policy;
  Duration stale_after{0};  // without another one, there are no endpoints any more; 0: never
};

// Errors go to `scope`. Addresses are IP addresses or Unix paths for kStatic, IP addresses or names
// for DNS.
Assignment ParseAssignment(const envoy::config::endpoint::v3::ClusterLoadAssignment& assignment,
                           DiscoveryType type, const FieldScope& scope);

}  // namespace sluice
