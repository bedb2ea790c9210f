// /clusters: "cluster::host::fact::value" lines, or an envoy.admin.v3.Clusters. Pure.
#pragma once

#include <vector>

#include "source/server/admin/admin_response.h"
#include "source/server/admin/admin_view.h"

namespace sluice {

AdminResponse ClustersText(const std::vector<ClusterView>& clusters);
AdminResponse ClustersJson(const std::vector<ClusterView>& clusters);

}  // namespace sluice
