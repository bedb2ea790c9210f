// ResolvedEndpoint: an endpoint with its address: what endpoint sources hand to a Cluster. A value.
#pragma once

#include <vector>

#include "source/upstream/cluster_spec.h"
#include "source/upstream/endpoint_traits.h"
#include "source/upstream/host.h"

namespace sluice {

struct ResolvedEndpoint {
  HostFacts facts;
  EndpointTraits traits;
  HostFlags flags;
};

}  // namespace sluice
