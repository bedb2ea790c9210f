// HostSet: who is there: one const snapshot of a cluster's hosts, their health included. Built on
// main, published to workers whole, so that nobody sees hosts without their health.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "source/upstream/host.h"

namespace sluice {

struct HostSet {
  std::vector<std::shared_ptr<Host>> hosts;     // all
  std::vector<std::shared_ptr<Host>> eligible;  // those that may be picked
  uint32_t healthy = 0;                         // of all
};

// Eligible are the healthy hosts of the first priority that has any; without them the degraded
// ones; and rather than nobody, all hosts of the first priority that has one: when everything seems
// ill, the judgement is more likely wrong than the hosts (Envoy's panic mode).
std::shared_ptr<const HostSet> MakeHostSet(std::vector<std::shared_ptr<Host>> hosts);

}  // namespace sluice
