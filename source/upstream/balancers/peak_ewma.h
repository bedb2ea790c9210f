// PeakEwma: of two hosts drawn at random by weight, the one that is likely to answer sooner: the
// lately observed time to its answers, peaks counting at once, times the requests under way there.
//
// One worker; what is observed is the host's (latency.h), so all workers learn together.
#pragma once

#include <memory>
#include <utility>

#include "source/upstream/load_balancer.h"

namespace sluice {

class PeakEwma final : public LoadBalancer {
 public:
  explicit PeakEwma(const PeakEwmaSpec& spec) : spec_(spec) {}

  Host* Pick(const PickContext& context) override;
  void SetHosts(std::shared_ptr<const HostSet> hosts) override { hosts_ = std::move(hosts); }

 private:
  const PeakEwmaSpec spec_;
  std::shared_ptr<const HostSet> hosts_;
};

}  // namespace sluice
