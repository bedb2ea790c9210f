// The configuration of grpc_web, of which there is none. The .cc beside it is the only file of the
// extension that sees its proto. Main thread, when configuration is read.
#pragma once

#include "source/sdk/registry.h"

namespace sluice {

void AddGrpcWeb(Registry& registry);

}  // namespace sluice
