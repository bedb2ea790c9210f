// Endpoints whose addresses stand in the configuration: all of a STATIC cluster, and those of
// a DNS cluster that are IP addresses. Pure.
#pragma once

#include <vector>

#include "source/upstream/cluster_spec.h"
#include "source/upstream/resolved_endpoint.h"

namespace sluice {

inline std::vector<ResolvedEndpoint> StaticEndpoints(const std::vector<EndpointSpec>& specs) {
  std::vector<ResolvedEndpoint> endpoints;
  for (const EndpointSpec& spec : specs) {
    if (spec.dns_name.empty()) endpoints.push_back({spec.facts, spec.traits, spec.flags});
  }
  return endpoints;
}

}  // namespace sluice
