// ConsistentHash: the same host for the same hash as long as it is there: ring hash and Maglev, by
// the table that the host set holds. With a balance factor no host gets more than so many times its
// share of the requests under way: what is too much goes on to hosts that follow from the hash.
//
// One worker; it keeps no state of its own, so all workers agree.
#pragma once

#include <memory>
#include <utility>

#include "source/upstream/load_balancer.h"

namespace sluice {

class ConsistentHash final : public LoadBalancer {
 public:
  // `balance_percent`: 0: no bound.
  explicit ConsistentHash(uint32_t balance_percent) : balance_percent_(balance_percent) {}

  Host* Pick(const PickContext& context) override;
  void SetHosts(std::shared_ptr<const HostSet> hosts) override { hosts_ = std::move(hosts); }

 private:
  Host* PickBounded(const HostGroup& group, const PickContext& context) const;

  const uint32_t balance_percent_;
  std::shared_ptr<const HostSet> hosts_;
};

}  // namespace sluice
