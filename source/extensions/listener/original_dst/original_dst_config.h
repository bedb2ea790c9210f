// Registers original_dst. Main thread.
#pragma once

#include "source/sdk/registry.h"

namespace sluice {

void AddOriginalDst(Registry& registry);

}  // namespace sluice
