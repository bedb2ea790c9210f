// RunServer: the program behind main: command line, configuration, then the server until it ends.
#pragma once

#include "source/grpc/channel_spec.h"
#include "source/sdk/registry.h"

namespace sluice {

// `open_channel`: how control planes are reached; null: this program reaches none. Returns the exit
// code: 0 after a requested end, 1 for a refused configuration or a failed start,
// 2 for a command line that cannot be understood.
int RunServer(int argc, char** argv, const Registry& extensions,
              const OpenMessageChannel& open_channel = nullptr);

}  // namespace sluice
