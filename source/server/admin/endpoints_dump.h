// The endpoints part of /config_dump: what include_eds adds. Pure.
#pragma once

#include <vector>

#include "source/server/admin/admin_view.h"

namespace sluice {

// An envoy.admin.v3.EndpointsConfigDump of the hosts as they are now, put after the clusters.
void AddEndpointsDump(const std::vector<ClusterView>& clusters, ConfigDumpParts& parts);

}  // namespace sluice
