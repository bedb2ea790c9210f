// /connections: open connections of clients, a line each, or as JSON of sluice.admin.v1. Pure.
#pragma once

#include <vector>

#include "source/listener/connection_view.h"
#include "source/server/admin/admin_query.h"
#include "source/server/admin/admin_response.h"

namespace sluice {

// Of all workers. `query` may leave only those of one "listener", of one "version", those that are
// "leaving", or of at least "min_age_s" seconds; "format" is text or json.
AdminResponse ConnectionsPage(const AdminQuery& query,
                              const std::vector<ConnectionView>& connections);

}  // namespace sluice
