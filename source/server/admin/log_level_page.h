// /logging: shows the levels of all components, and changes one, some or all. Main thread; the
// levels are the process's.
#pragma once

#include "source/server/admin/admin_query.h"
#include "source/server/admin/admin_response.h"

namespace sluice {

// No parameter, "level=debug", "http=trace" or "paths=http:trace,pool:debug". All or nothing.
AdminResponse LogLevelPage(const AdminQuery& query);

}  // namespace sluice
