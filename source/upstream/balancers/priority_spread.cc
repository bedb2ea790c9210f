#include "source/upstream/balancers/priority_spread.h"

#include <algorithm>

namespace sluice {
namespace {

// How much of the whole traffic `fit` of `total` hosts can take: 1 at most.
double Capacity(uint64_t fit, uint64_t total, const AssignmentPolicy& policy) {
  if (total == 0) return 0;
  const double part = static_cast<double>(fit) / static_cast<double>(total);
  return std::min(1.0, part * policy.overprovisioning_percent / 100.0);
}

bool BelowThreshold(const PriorityHealth& health, double threshold_percent) {
  if (health.total == 0) return threshold_percent > 0;
  const auto fit = static_cast<double>(health.healthy + health.degraded);
  return fit * 100.0 < threshold_percent * static_cast<double>(health.total);
}

// When nowhere is enough: by the number of hosts.
void SpreadByHosts(absl::Span<const PriorityHealth> priorities, std::vector<PriorityLoad>& loads) {
  uint64_t sum = 0;
  for (const PriorityHealth& health : priorities) sum += health.hosts;
  for (size_t i = 0; i < priorities.size(); ++i) {
    loads[i].healthy =
        sum == 0 ? 0 : static_cast<double>(priorities[i].hosts) / static_cast<double>(sum);
    loads[i].degraded = 0;
  }
}

// Panics only where the healthy and degraded hosts of all priorities together cannot take all.
bool MarkPanic(absl::Span<const PriorityHealth> priorities, double threshold_percent,
               std::vector<PriorityLoad>& loads) {
  bool everywhere = true;
  for (size_t i = 0; i < priorities.size(); ++i) {
    loads[i].panic = BelowThreshold(priorities[i], threshold_percent);
    everywhere = everywhere && loads[i].panic;
  }
  return everywhere;
}

}  // namespace

std::vector<PriorityLoad> SpreadOverPriorities(absl::Span<const PriorityHealth> priorities,
                                               const AssignmentPolicy& policy,
                                               double panic_threshold_percent) {
  std::vector<PriorityLoad> loads(priorities.size());
  double capacity = 0;
  for (const PriorityHealth& health : priorities) {
    capacity += Capacity(health.healthy, health.total, policy) +
                Capacity(health.degraded, health.total, policy);
  }
  const bool enough = capacity >= 1.0 - 1e-9;
  if (!enough && MarkPanic(priorities, panic_threshold_percent, loads)) {
    SpreadByHosts(priorities, loads);
    return loads;
  }
  if (capacity == 0) return loads;
  double left = 1.0;
  const auto take = [&](uint64_t fit, uint64_t total) {
    const double wanted = Capacity(fit, total, policy) / std::min(1.0, capacity);
    const double taken = std::min(left, wanted);
    left -= taken;
    return taken;
  };
  for (size_t i = 0; i < priorities.size(); ++i) {
    loads[i].healthy = take(priorities[i].healthy, priorities[i].total);
  }
  for (size_t i = 0; i < priorities.size(); ++i) {
    loads[i].degraded = take(priorities[i].degraded, priorities[i].total);
  }
  return loads;
}

}  // namespace sluice
