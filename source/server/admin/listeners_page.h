// /listeners: "name::address" lines, or an envoy.admin.v3.Listeners. Pure.
#pragma once

#include <vector>

#include "source/server/admin/admin_response.h"
#include "source/server/admin/admin_view.h"

namespace sluice {

AdminResponse ListenersText(const std::vector<ListenerFacts>& listeners);
AdminResponse ListenersJson(const std::vector<ListenerFacts>& listeners);

}  // namespace sluice
