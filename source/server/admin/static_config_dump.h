// What a bootstrap gives /config_dump: itself, its static clusters, listeners and the route tables
// inside its connection managers; and the listeners that have come since. Pure.
#pragma once

#include <string>
#include <vector>

#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "envoy/config/route/v3/route.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "source/base/units.h"
#include "source/server/admin/admin_view.h"

namespace sluice {

// BootstrapConfigDump, ClustersConfigDump, ListenersConfigDump, RoutesConfigDump, and where there
// are secrets SecretsConfigDump; `loaded_at` is when the bootstrap was accepted.
ConfigDumpParts StaticConfigDump(const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
                                 WallTime loaded_at);

// The route tables inside the connection managers of the static listeners.
std::vector<envoy::config::route::v3::RouteConfiguration> StaticRoutes(
    const envoy::config::bootstrap::v3::Bootstrap& bootstrap);

google::protobuf::Timestamp ProtoTime(WallTime time);

// One version of a listener that was not in the bootstrap; messages live for the call.
struct DumpedListener {
  std::string version;
  const envoy::config::listener::v3::Listener* proto = nullptr;  // null: there is none
  WallTime since{};
};
struct DynamicListenerFacts {
  std::string name;
  DumpedListener active, warming, draining;
};
// Puts them into the ListenersConfigDump among `parts`.
void AddDynamicListeners(const std::vector<DynamicListenerFacts>& listeners,
                         ConfigDumpParts& parts);

}  // namespace sluice
