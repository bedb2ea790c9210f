// The admin port: a listener like any other, on the main thread's loop, with an ordinary HTTP
// connection manager whose chain ends in the admin pages instead of in the router. HTTP/1 and
// HTTP/2, in plaintext; gRPC calls are answered as such.
#pragma once

#include <memory>
#include <vector>

#include "source/accesslog/access_log.h"
#include "source/listener/listener_config.h"
#include "source/proxy/proxy_worker.h"
#include "source/server/admin/admin_handler.h"
#include "source/stats/registry.h"

namespace sluice {

// Without an address. `pages` outlives it.
std::unique_ptr<ListenerConfig> MakeAdminListener(
    StatsRegistry& stats, const AdminHandler& pages,
    std::vector<std::unique_ptr<const AccessLog>> logs, const std::vector<ProxyWorker*>& workers);

}  // namespace sluice
