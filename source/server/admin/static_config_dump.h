// What a bootstrap gives /config_dump: itself, its static clusters, listeners and the route tables
// inside its connection managers. Pure.
#pragma once

#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "source/base/units.h"
#include "source/server/admin/admin_view.h"

namespace sluice {

// BootstrapConfigDump, ClustersConfigDump, ListenersConfigDump, RoutesConfigDump; `loaded_at` is
// when the bootstrap was accepted.
ConfigDumpParts StaticConfigDump(const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
                                 WallTime loaded_at);

}  // namespace sluice
