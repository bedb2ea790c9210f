// ListenerSetStats: handles of "listener_manager.*", named as in Envoy. A value; counted on the
// main thread.
#pragma once

#include "source/stats/counter.h"
#include "source/stats/registry.h"

namespace sluice {

struct ListenerSetStats {
  explicit ListenerSetStats(StatsRegistry& registry)
      : added(registry.GetCounter("listener_manager.listener_added")),
        modified(registry.GetCounter("listener_manager.listener_modified")),
        removed(registry.GetCounter("listener_manager.listener_removed")),
        in_place_updated(registry.GetCounter("listener_manager.listener_in_place_updated")),
        create_success(registry.GetCounter("listener_manager.listener_create_success")),
        create_failure(registry.GetCounter("listener_manager.listener_create_failure")) {}
  Counter added, modified, removed, in_place_updated;
  Counter create_success, create_failure;  // of each on each worker
};

}  // namespace sluice
