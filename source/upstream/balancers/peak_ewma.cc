#include "source/upstream/balancers/peak_ewma.h"

#include <cstdint>

#include "source/upstream/balancers/latency.h"

namespace sluice {
namespace {

// Microseconds of waiting that one more request there would mean. A host of which nothing is known
// is asked, but not by all at once.
float CostOf(const Host& host, const PickContext& context, Duration decay) {
  const uint32_t active = host.rq_active.load(std::memory_order_relaxed);
  const Latency latency = Latency::Unpack(host.latency.load(std::memory_order_relaxed));
  constexpr float kUnknownMicros = 1e6f;
  if (!latency.known()) return kUnknownMicros * static_cast<float>(active);
  return latency.At(context.now, decay) * static_cast<float>(active + 1);
}

}  // namespace

Host* PeakEwma::Pick(const PickContext& context) {
  if (hosts_ == nullptr || hosts_->groups.empty()) return nullptr;
  const LoadGroup& from =
      hosts_->groups.size() == 1 ? hosts_->groups.front() : hosts_->GroupFor(context.random.Next());
  if (!context.notes.Take(from)) return nullptr;
  const HostGroup& group = from.group;
  const uint32_t count = static_cast<uint32_t>(group.hosts().size());
  const uint32_t first = group.Draw(context.random).index;
  Host* const one = group.hosts()[first];
  if (count == 1) return one;
  uint32_t second;
  if (group.equal_weights()) {
    // Any but the first: to compare a host with itself is no choice.
    second = first + 1 + static_cast<uint32_t>(context.random.Below(count - 1));
    if (second >= count) second -= count;
  } else {
    second = group.Draw(context.random).index;
    if (second == first) second = group.Draw(context.random).index;
  }
  Host* const other = group.hosts()[second];
  const bool other_is_sooner =
      CostOf(*other, context, spec_.decay) < CostOf(*one, context, spec_.decay);
  return other_is_sooner ? other : one;
}

}  // namespace sluice
