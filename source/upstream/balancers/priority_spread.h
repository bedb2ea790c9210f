// PrioritySpread: how much of a cluster's traffic each priority gets. Pure.
//
// The first priority gets all as long as enough of it is healthy; what it cannot take spills over
// to the next, and after the healthy hosts of all priorities come the degraded ones. The arithmetic
// is that of Envoy's documentation ("Priority levels", "Degraded endpoints", "Panic threshold").
#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "source/upstream/balancer_spec.h"

namespace sluice {

// Of one priority: numbers of hosts, or sums of weights. Hosts that wait for their first health
// check are in `hosts` only.
struct PriorityHealth {
  uint64_t hosts = 0;  // that would be picked in panic
  uint64_t total = 0;
  uint64_t healthy = 0;
  uint64_t degraded = 0;
};

// Shares of all traffic, adding up to 1 over all priorities, or to 0 where nobody is to be picked.
struct PriorityLoad {
  double healthy = 0;
  double degraded = 0;
  // Both go to all of its hosts, whatever their health: when so many seem ill, the judgement is
  // more likely wrong than the hosts.
  bool panic = false;
};

std::vector<PriorityLoad> SpreadOverPriorities(absl::Span<const PriorityHealth> priorities,
                                               const AssignmentPolicy& policy,
                                               double panic_threshold_percent);

}  // namespace sluice
