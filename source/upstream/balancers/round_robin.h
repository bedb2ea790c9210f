// RoundRobin: each host in turn, as often as its weight says, evenly spread: in any run of picks as
// long as the sum of weights a host is picked as often as its weight, give or take one.
//
// One worker. Where a random number first chooses among several groups of hosts, this holds within
// each. Equal weights cost an increment; different ones a heap of the next turns of the hosts of
// one weight together, O(log n). The start is random, so that workers do not march in step.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "source/base/random.h"
#include "source/upstream/load_balancer.h"

namespace sluice {

class RoundRobin final : public LoadBalancer {
 public:
  explicit RoundRobin(Random& random) : random_(random) {}

  Host* Pick(const PickContext& context) override;
  void SetHosts(std::shared_ptr<const HostSet> hosts) override;

 private:
  // The hosts of one weight. They are due again after a stride that is the shorter the greater
  // their weight together. Due times wrap around; only their differences mean something, and those
  // stay below kStrideMax.
  static constexpr int kStrideMaxBits = 56;
  struct Turn {
    uint64_t due;
    uint64_t stride;
    uint32_t begin, end, next;  // of the group's hosts
    uint32_t Take() {
      const uint32_t taken = next++;
      if (next == end) next = begin;
      return taken;
    }
  };
  static bool Earlier(const Turn& a, const Turn& b) {
    return static_cast<int64_t>(a.due - b.due) < 0;
  }
  std::vector<Turn> TurnsOf(const HostGroup& group);
  static void SiftDown(std::vector<Turn>& turns);

  Random& random_;
  std::shared_ptr<const HostSet> hosts_;
  std::vector<std::vector<Turn>> turns_;  // heaps, one for each group of the set
};

}  // namespace sluice
