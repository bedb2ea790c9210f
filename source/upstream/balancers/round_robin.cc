#include "source/upstream/balancers/round_robin.h"

#include <algorithm>
#include <utility>

namespace sluice {

Host* RoundRobin::Pick(const PickContext&) {
  if (!turns_.empty()) return PickWeighted();
  if (hosts_ == nullptr || hosts_->eligible.empty()) return nullptr;
  if (next_ >= hosts_->eligible.size()) next_ = 0;
  return hosts_->eligible[next_++].get();
}

void RoundRobin::SetHosts(std::shared_ptr<const HostSet> hosts) {
  hosts_ = std::move(hosts);
  turns_.clear();
  const auto& eligible = hosts_->eligible;
  if (eligible.empty()) return;
  next_ = random_.Below(eligible.size());
  const uint32_t weight = eligible.front()->facts().weight;
  const bool equal = std::all_of(eligible.begin(), eligible.end(), [weight](const auto& host) {
    return host->facts().weight == weight;
  });
  if (equal) return;
  // First turns lie at fractions of each one's stride, spread by the golden ratio from a random
  // start: with one fraction for all, heavy hosts would get runs of picks between two turns of the
  // light ones.
  constexpr uint64_t kGoldenRatio = 0x9E3779B97F4A7C15u;
  uint64_t fraction = random_.Next();
  turns_.reserve(eligible.size());
  for (const auto& host : eligible) {
    const uint64_t stride = kStrideOfWeightOne / std::max<uint32_t>(host->facts().weight, 1);
    const uint64_t due =
        static_cast<uint64_t>((static_cast<unsigned __int128>(fraction) * stride) >> 64);
    turns_.push_back({due, stride, host.get()});
    fraction += kGoldenRatio;
  }
  std::make_heap(turns_.begin(), turns_.end(),
                 [](const Turn& a, const Turn& b) { return Earlier(b, a); });
}

Host* RoundRobin::PickWeighted() {
  Host* const host = turns_.front().host;
  turns_.front().due += turns_.front().stride;
  SiftDown(0);
  return host;
}

void RoundRobin::SiftDown(size_t at) {
  const Turn moving = turns_[at];
  const size_t count = turns_.size();
  for (size_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
    if (child + 1 < count && Earlier(turns_[child + 1], turns_[child])) ++child;
    if (!Earlier(turns_[child], moving)) break;
    turns_[at] = turns_[child];
    at = child;
  }
  turns_[at] = moving;
}

}  // namespace sluice
