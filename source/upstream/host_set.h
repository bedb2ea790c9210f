// HostSet: who is there: one const snapshot of a cluster's hosts, their health included, with all
// that balancers need worked out. Built on main, published to workers whole, so that nobody sees
// hosts without their health, and nobody works out the same twice.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "source/upstream/balancer_spec.h"
#include "source/upstream/balancers/zone_plan.h"
#include "source/upstream/endpoint_traits.h"
#include "source/upstream/host.h"
#include "source/upstream/host_group.h"

namespace sluice {

class SubsetIndex;

// Of one priority.
struct PriorityCounts {
  uint32_t hosts = 0;
  uint32_t healthy = 0;
  uint32_t degraded = 0;
  // Wait for a health check's word: neither fit for traffic nor counted in what is missing.
  uint32_t excluded = 0;
  double load = 0;  // of all traffic
  bool panic = false;
};

// Hosts that share a part of the traffic.
struct LoadGroup {
  // Of a priority whose traffic stays in the proxy's locality: all of it, the part that does, or
  // the part that does not.
  enum class Zone : uint8_t { kNone, kDirect, kSampled, kCross };
  HostGroup group;
  uint64_t load_end;  // a random number up to and with this, but above the last group's, is for it
  uint32_t priority;
  bool panic;
  Zone zone = Zone::kNone;
  bool fails = false;  // none of its hosts is to be picked
};

struct HostSet {
  std::vector<std::shared_ptr<Host>> hosts;          // all
  std::vector<EndpointTraits> traits;                // of each of them
  std::vector<HostFlags> flags;                      // of each, as they were when the set was made
  uint32_t healthy = 0, degraded = 0, excluded = 0;  // of all
  uint32_t drop_per_million = 0;                     // of requests, before a host is picked
  bool warming = false;                    // some are in slow start: make another set soon
  ZoneVerdict zones = ZoneVerdict::kNone;  // of the first priority

  std::vector<PriorityCounts> priorities;
  // All that may be picked; empty: nobody. By priority, then by locality.
  std::vector<LoadGroup> groups;
  // What lb_subset_config makes of them; null: nothing.
  std::shared_ptr<const SubsetIndex> subsets;

  // Which group a number, random over all 64 bits, is for. There must be one.
  const LoadGroup& GroupFor(uint64_t number) const {
    const LoadGroup* group = groups.data();
    while (number > group->load_end) ++group;
    return *group;
  }
};

struct HostEntry {
  std::shared_ptr<Host> host;
  EndpointTraits traits = {};
};

// Linear in the number of hosts, but for ring hash, which sorts its ring. `now` matters to slow
// start only; `zones` is where the fleet is, null: nobody asks.
std::shared_ptr<const HostSet> MakeHostSet(std::vector<HostEntry> entries,
                                           const BalancerSpec& spec = {},
                                           const AssignmentPolicy& policy = {},
                                           MonotonicTime now = {},
                                           const LocalZones* zones = nullptr);

}  // namespace sluice
