#include "source/upstream/balancers/consistent_hash.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "source/upstream/balancers/hash_key.h"

namespace sluice {
namespace {

// The hosts of a group in the order in which a hash asks for them: the first is its own.
class Candidates {
 public:
  Candidates(const HostGroup& group, uint64_t hash) : group_(group), hash_(hash) {
    place_ = group.ring != nullptr ? group.ring->Find(hash) : hash % group.maglev->size();
  }
  uint32_t host() const {
    return group_.ring != nullptr ? group_.ring->HostAt(place_) : group_.maglev->HostAt(place_);
  }
  // Along the ring; in a Maglev table to a place that the hash chooses anew, as neighbours mean
  // nothing there.
  void Next() {
    if (group_.ring != nullptr) {
      place_ = group_.ring->Next(place_);
      return;
    }
    hash_ = MixBits(hash_ + 0x9E3779B97F4A7C15u);
    place_ = hash_ % group_.maglev->size();
  }

 private:
  const HostGroup& group_;
  uint64_t hash_;
  size_t place_;
};

}  // namespace

Host* ConsistentHash::Pick(const PickContext& context) {
  if (hosts_ == nullptr || hosts_->groups.empty()) return nullptr;
  // The priority follows from the hash too, but from other bits than the place.
  const LoadGroup& from = hosts_->groups.size() == 1
                              ? hosts_->groups.front()
                              : hosts_->GroupFor(MixBits(context.hash ^ 0x5bd1e9955bd1e995u));
  if (!context.notes.Take(from)) return nullptr;
  const HostGroup& group = from.group;
  if (balance_percent_ != 0) return PickBounded(group, context);
  return group.hosts()[Candidates(group, context.hash).host()];
}

Host* ConsistentHash::PickBounded(const HostGroup& group, const PickContext& context) const {
  // Enough to find room where there is some: the busy hosts together have no more than
  // 100 / balance_percent of all shares.
  constexpr int kTries = 64;
  const double slots =
      std::ceil((uint64_t{context.requests_active} + 1) * balance_percent_ / 100.0);
  Candidates candidates(group, context.hash);
  Host* least = nullptr;
  double least_load = 0;
  for (int i = 0; i < kTries; ++i, candidates.Next()) {
    const uint32_t index = candidates.host();
    Host* const host = group.hosts()[index];
    const double share = group.WeightOf(index) / group.weight_sum();
    const double room = std::max(1.0, std::ceil(slots * share));
    const double load = host->rq_active.load(std::memory_order_relaxed) / room;
    if (load < 1.0) return host;
    if (least != nullptr && load >= least_load) continue;
    least = host;
    least_load = load;
  }
  return least;
}

}  // namespace sluice
