// /config_dump: an envoy.admin.v3.ConfigDump of the accepted configuration, with its secrets taken
// out. Parameters: resource, mask, name_regex. Pure.
#pragma once

#include "source/server/admin/admin_query.h"
#include "source/server/admin/admin_response.h"
#include "source/server/admin/admin_view.h"

namespace sluice {

AdminResponse ConfigDumpPage(const AdminQuery& query, ConfigDumpParts parts);

}  // namespace sluice
