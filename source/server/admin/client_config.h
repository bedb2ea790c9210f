// ClientConfig: what ClientStatusDiscoveryService (CSDS) says of this process: every resource that
// the bootstrap holds or discovery has brought, has refused or waits for, with its status. Main
// thread.
#pragma once

#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "envoy/service/status/v3/csds.pb.h"
#include "source/base/units.h"
#include "source/control/discovery.h"
#include "source/server/admin/admin_view.h"

namespace sluice {

// Clusters, listeners, the route tables inside of those, and secrets. They have been asked of
// nobody, so that they have no status. `loaded_at`: when the bootstrap was.
void AddStaticResources(const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
                        WallTime loaded_at, ResourceContents contents,
                        envoy::service::status::v3::ClientConfig& config);

// One for each resource: what was accepted last, and what has been refused since.
void AddDiscoveredResources(const Discovery& discovery, ResourceContents contents,
                            envoy::service::status::v3::ClientConfig& config);

}  // namespace sluice
