#include "source/upstream/balancers/round_robin.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace sluice {

Host* RoundRobin::Pick(const PickContext& context) {
  if (turns_.empty()) return nullptr;
  const size_t at =
      turns_.size() == 1
          ? 0
          : static_cast<size_t>(&hosts_->GroupFor(context.random.Next()) - hosts_->groups.data());
  if (!context.notes.Take(hosts_->groups[at])) return nullptr;
  std::vector<Turn>& turns = turns_[at];
  Host* const host = hosts_->groups[at].group.hosts()[turns.front().Take()];
  if (turns.size() == 1) return host;
  turns.front().due += turns.front().stride;
  SiftDown(turns);
  return host;
}

void RoundRobin::SetHosts(std::shared_ptr<const HostSet> hosts) {
  hosts_ = std::move(hosts);
  turns_.clear();
  turns_.reserve(hosts_->groups.size());
  for (const LoadGroup& group : hosts_->groups) turns_.push_back(TurnsOf(group.group));
}

std::vector<RoundRobin::Turn> RoundRobin::TurnsOf(const HostGroup& group) {
  const auto weight_of = [](const WeightClass& c) { return c.weight * c.size(); };
  double lightest = weight_of(group.classes().front());
  for (const WeightClass& c : group.classes()) lightest = std::min(lightest, weight_of(c));
  // First turns lie at fractions of each one's stride, spread by the golden ratio from a random
  // start: with one fraction for all, heavy hosts would get runs of picks between two turns of the
  // light ones.
  constexpr uint64_t kGoldenRatio = 0x9E3779B97F4A7C15u;
  uint64_t fraction = random_.Next();
  std::vector<Turn> turns;
  turns.reserve(group.classes().size());
  for (const WeightClass& c : group.classes()) {
    const auto stride = static_cast<uint64_t>(std::ldexp(lightest / weight_of(c), kStrideMaxBits));
    const auto due =
        static_cast<uint64_t>((static_cast<unsigned __int128>(fraction) * stride) >> 64);
    const auto first = c.begin + static_cast<uint32_t>(random_.Below(c.size()));
    turns.push_back({due, std::max<uint64_t>(stride, 1), c.begin, c.end, first});
    fraction += kGoldenRatio;
  }
  std::make_heap(turns.begin(), turns.end(),
                 [](const Turn& a, const Turn& b) { return Earlier(b, a); });
  return turns;
}

// The first has got a later turn.
void RoundRobin::SiftDown(std::vector<Turn>& turns) {
  const Turn moving = turns.front();
  const size_t count = turns.size();
  size_t at = 0;
  for (size_t child = 1; child < count; child = 2 * at + 1) {
    if (child + 1 < count && Earlier(turns[child + 1], turns[child])) ++child;
    if (!Earlier(turns[child], moving)) break;
    turns[at] = turns[child];
    at = child;
  }
  turns[at] = moving;
}

}  // namespace sluice
