// The extensions that come with Sluice, one line each. A program of one's own calls this, or picks.
#pragma once

#include "source/sdk/registry.h"

namespace sluice {

void AddBuiltinExtensions(Registry& registry);

}  // namespace sluice
