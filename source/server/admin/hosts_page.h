// /hosts/<cluster>: why each host does, or does not, get requests, as JSON of sluice.admin.v1; and
// POST to /hosts/<cluster>/<address>, an operator's order about one of them. Pure, but for that.
#pragma once

#include "source/server/admin/admin_query.h"
#include "source/server/admin/admin_response.h"
#include "source/server/admin/admin_view.h"

namespace sluice {

AdminResponse HostsPage(const AdminView& view, const AdminQuery& query);
// state=drain, maintenance or up.
AdminResponse OrderHost(const AdminView& view, const AdminQuery& query);

}  // namespace sluice
