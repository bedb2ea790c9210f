// RunServer: the program behind main: command line, configuration, then the server until it ends.
#pragma once

#include "source/sdk/registry.h"

namespace sluice {

// Returns the exit code: 0 after a requested end, 1 for a refused configuration or a failed start,
// 2 for a command line that cannot be understood.
int RunServer(int argc, char** argv, const Registry& extensions);

}  // namespace sluice
