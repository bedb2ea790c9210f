// /tunnels and /closes: streams that have left HTTP, open and ended, as JSON of
// sluice.admin.v1. Pure.
#pragma once

#include <vector>

#include "source/proxy/tunnel_board.h"
#include "source/server/admin/admin_query.h"
#include "source/server/admin/admin_response.h"

namespace sluice {

// Of all workers. `query` may leave only those of one "route", one "cluster", or of at least
// "min_age_s" seconds.
AdminResponse TunnelsPage(const AdminQuery& query, const std::vector<TunnelView>& tunnels);
// The latest first, whatever their order here.
AdminResponse ClosesPage(const AdminQuery& query, std::vector<TunnelEndView> ends);

}  // namespace sluice
