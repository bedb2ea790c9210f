#include "source/upstream/balancers/least_request.h"

#include <cmath>
#include <cstdint>
#include <limits>

namespace sluice {
namespace {

uint32_t ActiveOf(const Host& host) { return host.rq_active.load(std::memory_order_relaxed); }

// In [0, 1).
double RandomPart(Random& random) { return static_cast<double>(random.Next() >> 11) * 0x1p-53; }

}  // namespace

Host* LeastRequest::Pick(const PickContext& context) {
  if (hosts_ == nullptr || hosts_->groups.empty()) return nullptr;
  const LoadGroup& from =
      hosts_->groups.size() == 1 ? hosts_->groups.front() : hosts_->GroupFor(context.random.Next());
  if (!context.notes.Take(from)) return nullptr;
  const HostGroup& group = from.group;
  if (group.hosts().size() == 1) return group.hosts().front();
  if (spec_.full_scan) return PickOfAll(group, context.random);
  return group.equal_weights() ? PickEqual(group, context.random)
                               : PickWeighted(group, context.random);
}

// Of equals the first drawn.
Host* LeastRequest::PickEqual(const HostGroup& group, Random& random) const {
  const auto hosts = group.hosts();
  const uint64_t count = hosts.size();
  uint64_t at = random.Below(count);
  Host* best = hosts[at];
  for (uint32_t i = 1; i < spec_.choices; ++i) {
    // Another one than the last: to compare a host with itself is no choice.
    at += 1 + random.Below(count - 1);
    if (at >= count) at -= count;
    if (ActiveOf(*hosts[at]) < ActiveOf(*best)) best = hosts[at];
  }
  return best;
}

// Two are drawn before the first is looked at, and none is chosen by a branch: what is not in the
// cache is fetched side by side.
Host* LeastRequest::PickWeighted(const HostGroup& group, Random& random) const {
  HostGroup::Drawn best = group.Draw(random);
  HostGroup::Drawn other = group.Draw(random);
  const double bias = spec_.active_request_bias;
  for (uint32_t i = 1; i < spec_.choices; ++i) {
    if (i > 1) other = group.Draw(random);
    // The other's load over the best's. 0 / 0, for two idle ones, is not a number, which is below
    // nothing: of equals the first drawn stays.
    const double ratio = ActiveOf(*group.hosts()[other.index]) * best.weight /
                         (ActiveOf(*group.hosts()[best.index]) * other.weight);
    const double stays = bias == 1.0 ? ratio : std::pow(ratio, bias);
    const bool moves = stays < RandomPart(random);
    best.index = moves ? other.index : best.index;
    best.weight = moves ? other.weight : best.weight;
  }
  return group.hosts()[best.index];
}

Host* LeastRequest::PickOfAll(const HostGroup& group, Random& random) const {
  Host* best = nullptr;
  double best_load = std::numeric_limits<double>::infinity();
  uint64_t equals = 0;
  for (const WeightClass& c : group.classes()) {
    for (uint32_t i = c.begin; i < c.end; ++i) {
      Host* const host = group.hosts()[i];
      // One more: the request in hand, so that of idle hosts the heaviest is first.
      const double load = (1.0 + ActiveOf(*host)) / c.weight;
      if (load > best_load) continue;
      equals = load < best_load ? 1 : equals + 1;
      best_load = load;
      // Each of the equals is as likely to be the one that stays.
      if (equals == 1 || random.Below(equals) == 0) best = host;
    }
  }
  return best;
}

}  // namespace sluice
