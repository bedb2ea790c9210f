// Registers UpgradeFilter for sluice.extensions.http.upgrade.v1.Upgrade.
#pragma once

#include "source/sdk/registry.h"

namespace sluice {

void AddUpgrade(Registry& registry);

}  // namespace sluice
