// The overload manager's configuration as a value (envoy.config.overload.v3.OverloadManager). The
// .cc beside it is the only file that sees its proto. Main thread, at load.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "source/base/units.h"
#include "source/config/field_scope.h"

namespace envoy::config::bootstrap::v3 {
class Bootstrap;
}

namespace sluice {

enum class OverloadAction : uint8_t {
  kShrinkHeap,
  kStopAcceptingRequests,
  kRejectIncomingConnections,
  kDisableHttpKeepalive,
  kCount
};
// "envoy.overload_actions.shrink_heap" ...
absl::string_view OverloadActionName(OverloadAction action);

struct OverloadSpec {
  Duration refresh_interval = std::chrono::seconds(1);
  int64_t heap_bytes_max = 0;   // fixed_heap; 0: the heap is not looked at
  int64_t connections_max = 0;  // global_downstream_max_connections; 0: any number
  struct Trigger {
    OverloadAction action;
    double threshold;  // of the heap's pressure, 0 to 1: done while it is as high
  };
  std::vector<Trigger> triggers;

  bool empty() const { return heap_bytes_max == 0 && connections_max == 0; }
};

// Errors go to `scope`, which is that of the bootstrap's overload_manager.
OverloadSpec ReadOverload(const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
                          const FieldScope& scope);

}  // namespace sluice
