// The configuration of on_demand, which says nothing yet that takes effect: that the filter is
// there is all of it. Main thread, when configuration is read.
#pragma once

#include "source/sdk/registry.h"

namespace sluice {

void AddOnDemand(Registry& registry);

}  // namespace sluice
