// What the admin port shows of a ProxyCore. Main thread.
#pragma once

#include <vector>

#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "envoy/service/status/v3/csds.pb.h"
#include "source/base/units.h"
#include "source/server/admin/admin_view.h"
#include "source/server/proxy_core.h"

namespace sluice {

std::vector<ClusterView> ShowClusters(const ProxyCore& core);
std::vector<ListenerFacts> ShowListeners(const ProxyCore& core);
std::vector<RuntimeLayerFacts> ShowRuntime(const ProxyCore& core);
// `loaded_at`: when the bootstrap was.
ConfigDumpParts DumpConfig(const ProxyCore& core,
                           const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
                           WallTime loaded_at);
envoy::service::status::v3::ClientConfig ShowClient(
    const ProxyCore& core, const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
    WallTime loaded_at, ResourceContents contents);

}  // namespace sluice
