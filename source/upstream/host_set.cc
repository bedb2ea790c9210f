#include "source/upstream/host_set.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace sluice {
namespace {

// Those of the lowest priority number.
std::vector<std::shared_ptr<Host>> FirstPriority(const std::vector<std::shared_ptr<Host>>& from) {
  uint32_t first = std::numeric_limits<uint32_t>::max();
  for (const auto& host : from) first = std::min(first, host->facts().priority);
  std::vector<std::shared_ptr<Host>> chosen;
  for (const auto& host : from) {
    if (host->facts().priority == first) chosen.push_back(host);
  }
  return chosen;
}

}  // namespace

std::shared_ptr<const HostSet> MakeHostSet(std::vector<std::shared_ptr<Host>> hosts) {
  // Each flag is read once: workers and health checks may change it meanwhile.
  std::vector<std::shared_ptr<Host>> healthy, degraded;
  for (const auto& host : hosts) {
    switch (host->health()) {
      case HostHealth::kHealthy:
        healthy.push_back(host);
        break;
      case HostHealth::kDegraded:
        degraded.push_back(host);
        break;
      case HostHealth::kUnhealthy:
        break;
    }
  }
  auto set = std::make_shared<HostSet>();
  set->healthy = static_cast<uint32_t>(healthy.size());
  set->eligible = FirstPriority(!healthy.empty() ? healthy : !degraded.empty() ? degraded : hosts);
  set->hosts = std::move(hosts);
  return set;
}

}  // namespace sluice
