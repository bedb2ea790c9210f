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
};

}  // namespace sluice
