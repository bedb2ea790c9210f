// /ready and /server_info. Pure.
#pragma once

#include "source/server/admin/admin_response.h"
#include "source/server/admin/admin_view.h"

namespace sluice {

// The state's name; 503 unless it is LIVE.
AdminResponse ReadyPage(ServerState state);
// An envoy.admin.v3.ServerInfo.
AdminResponse ServerInfoPage(const ServerFacts& facts);

}  // namespace sluice
