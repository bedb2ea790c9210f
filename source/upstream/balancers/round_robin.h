// RoundRobin: each host in turn, as often as its weight says, evenly spread: in any run of picks as
// long as the sum of weights a host is picked as often as its weight, give or take one.
//
// One worker. Equal weights cost an increment; different ones a heap of the next turns, O(log n).
// The start is random, so that workers do not march in step.
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
  // A host is due again after a stride that is the shorter the greater its weight. Due times wrap
  // around; only their differences mean something, and those stay below kStrideOfWeightOne.
  static constexpr uint64_t kStrideOfWeightOne = uint64_t{1} << 56;
  struct Turn {
    uint64_t due;
    uint64_t stride;
    Host* host;
  };
  static bool Earlier(const Turn& a, const Turn& b) {
    return static_cast<int64_t>(a.due - b.due) < 0;
  }
  Host* PickWeighted();
  void SiftDown(size_t at);

  Random& random_;
  std::shared_ptr<const HostSet> hosts_;
  size_t next_ = 0;
  std::vector<Turn> turns_;  // a heap, the earliest first; empty when all weights are equal
};

}  // namespace sluice
