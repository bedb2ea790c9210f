// /runtime and /runtime_modify: what the layers of the runtime say, and changes of the admin port's
// layer. Pure, but for what is told to the view.
#pragma once

#include "source/server/admin/admin_query.h"
#include "source/server/admin/admin_response.h"
#include "source/server/admin/admin_view.h"

namespace sluice {

// As Envoy: the names of the layers, and of each key what each layer says and what holds.
AdminResponse RuntimePage(const std::vector<RuntimeLayerFacts>& layers);

// The parameters are keys with their values; an empty value takes an override away.
AdminResponse ModifyRuntime(const AdminView& view, const AdminQuery& query);

}  // namespace sluice
