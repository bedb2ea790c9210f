// RandomChoice: any of the hosts, each as likely as any other; as in Envoy, their weights do not
// count. One worker.
#pragma once

#include <memory>
#include <utility>

#include "source/upstream/load_balancer.h"

namespace sluice {

class RandomChoice final : public LoadBalancer {
 public:
  Host* Pick(const PickContext& context) override {
    if (hosts_ == nullptr || hosts_->groups.empty()) return nullptr;
    const LoadGroup& from = hosts_->groups.size() == 1 ? hosts_->groups.front()
                                                       : hosts_->GroupFor(context.random.Next());
    if (!context.notes.Take(from)) return nullptr;
    const auto hosts = from.group.hosts();
    return hosts[context.random.Below(hosts.size())];
  }
  void SetHosts(std::shared_ptr<const HostSet> hosts) override { hosts_ = std::move(hosts); }

 private:
  std::shared_ptr<const HostSet> hosts_;
};

}  // namespace sluice
