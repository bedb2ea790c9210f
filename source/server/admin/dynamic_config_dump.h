// What discovery gives /config_dump: what is in force of each kind, in which version, and what has
// been refused since. Main thread.
#pragma once

#include "source/control/discovery.h"
#include "source/server/admin/admin_view.h"

namespace sluice {

// Adds to the messages of StaticConfigDump, and a SecretsConfigDump where there are such. Endpoints
// are endpoints_dump.h's.
void AddDynamicConfigDump(const Discovery& discovery, ConfigDumpParts& parts);

}  // namespace sluice
