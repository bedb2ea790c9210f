// ProcessFacts: what extensions may want to know of the process they run in. Owned by the proxy's
// core, outlives every extension; any thread reads, the main thread writes.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace sluice {

// What is refused while there is too much to do. The main thread writes but for the count.
struct OverloadState {
  std::atomic<bool> refuses_requests{false};     // 503 to new ones
  std::atomic<bool> refuses_connections{false};  // closed as soon as they are accepted
  std::atomic<bool> ends_keep_alive{false};      // connections end with the request they have
  std::atomic<int64_t> connections{0};           // of all listeners, where they are limited
  int64_t connections_max = 0;                   // 0: not limited; set before any connection
};

struct ProcessFacts {
  std::string node_cluster;  // node.cluster; set before any extension is made
  // Whoever asks how this process is gets a no: from /healthcheck/fail to /healthcheck/ok, and
  // from the beginning of the end.
  std::atomic<bool> fails_health_checks{false};
  bool has_overload_manager = false;  // set before any extension is made
  mutable OverloadState overload;
};

}  // namespace sluice
