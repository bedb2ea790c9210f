// Hello's configuration becomes a factory: the only door between it and the proxy.
#pragma once

#include "source/sdk/registry.h"

namespace acme {

void AddHello(sluice::Registry& registry);

}  // namespace acme
