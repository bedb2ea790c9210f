// SubsetBalancer: sends a request to the subset of hosts with the metadata that it asks for, and
// has a balancer of the cluster's policy for each. A request may ask for several, one after the
// other (fallback_list). One worker.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "source/upstream/load_balancer.h"

namespace sluice {

class SubsetBalancer final : public LoadBalancer {
 public:
  using Make = std::function<std::unique_ptr<LoadBalancer>()>;
  explicit SubsetBalancer(Make make) : make_(std::move(make)), all_(make_()) {}

  Host* Pick(const PickContext& context) override;
  void SetHosts(std::shared_ptr<const HostSet> hosts) override;

 private:
  Host* PickFor(const KeyValues* wanted, const PickContext& context);
  Host* PickFrom(uint32_t set, const PickContext& context);

  const Make make_;
  std::unique_ptr<LoadBalancer> all_;
  std::shared_ptr<const HostSet> hosts_;
  std::vector<std::unique_ptr<LoadBalancer>> subsets_;  // as in HostSet::subsets
};

}  // namespace sluice
