// LeastRequest: of a few hosts drawn at random, the one with the fewest requests under way over all
// workers ("power of two choices"); or of all hosts, which takes as long as there are many.
//
// One worker. Hosts are drawn as often as their weights say; where weights differ, what counts is
// requests for each unit of weight, and active_request_bias how surely a busier host gives way to
// one that is less busy: at 0 never, so that only weights count.
#pragma once

#include <memory>
#include <utility>

#include "source/upstream/load_balancer.h"

namespace sluice {

class LeastRequest final : public LoadBalancer {
 public:
  explicit LeastRequest(const LeastRequestSpec& spec) : spec_(spec) {}

  Host* Pick(const PickContext& context) override;
  void SetHosts(std::shared_ptr<const HostSet> hosts) override { hosts_ = std::move(hosts); }

 private:
  Host* PickEqual(const HostGroup& group, Random& random) const;
  Host* PickWeighted(const HostGroup& group, Random& random) const;
  Host* PickOfAll(const HostGroup& group, Random& random) const;

  const LeastRequestSpec spec_;
  std::shared_ptr<const HostSet> hosts_;
};

}  // namespace sluice
