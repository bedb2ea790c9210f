#include "source/upstream/cluster.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "source/upstream/endpoints/static_endpoints.h"

namespace sluice {

Cluster::Cluster(WorkerContext& main, Resolver& resolver, WorkerUpstreams& workers,
                 std::shared_ptr<const ClusterSpec> spec, std::shared_ptr<CircuitBreaker> breaker,
                 std::function<void()> on_ready)
    : main_(main),
      workers_(workers),
      spec_(std::move(spec)),
      breaker_(std::move(breaker)),
      on_ready_(std::move(on_ready)),
      dns_(main, resolver, *spec_, [this] { main_.loop.AtEndOfTurn(*this); }),
      hosts_(std::make_shared<HostSet>()) {}

Cluster::~Cluster() {
  spec_->stats.membership_total.Set(main_.stats, 0);
  spec_->stats.membership_healthy.Set(main_.stats, 0);
}

void Cluster::Start() {
  workers_.SetCluster(spec_, breaker_);
  dns_.Start();
  Rebuild();
}

void Cluster::Rebuild() {
  std::vector<ResolvedEndpoint> endpoints = StaticEndpoints(spec_->endpoints);
  for (ResolvedEndpoint& endpoint : dns_.Endpoints()) endpoints.push_back(std::move(endpoint));
  std::vector<std::shared_ptr<Host>> hosts = Merge(std::move(endpoints));
  if (hosts != hosts_->hosts) {
    hosts_ = MakeHostSet(std::move(hosts));
    workers_.SetHosts(spec_->name, hosts_);
    spec_->stats.membership_change.Add(main_.stats);
    spec_->stats.membership_total.Set(main_.stats, static_cast<int64_t>(hosts_->hosts.size()));
    spec_->stats.membership_healthy.Set(main_.stats, hosts_->healthy);
  }
  if (ready_ || !dns_.settled()) return;
  ready_ = true;
  on_ready_();
}

std::vector<std::shared_ptr<Host>> Cluster::Merge(std::vector<ResolvedEndpoint> endpoints) const {
  absl::flat_hash_map<std::string, std::vector<std::shared_ptr<Host>>> before;
  for (const auto& host : hosts_->hosts) before[host->address().text()].push_back(host);
  std::vector<std::shared_ptr<Host>> hosts;
  for (ResolvedEndpoint& endpoint : endpoints) {
    std::shared_ptr<Host> host;
    // More than one where an address is listed twice.
    for (std::shared_ptr<Host>& old : before[endpoint.facts.address.text()]) {
      if (old == nullptr || !(old->facts() == endpoint.facts)) continue;
      host = std::exchange(old, nullptr);
      break;
    }
    if (host == nullptr) host = std::make_shared<Host>(std::move(endpoint.facts), endpoint.flags);
    hosts.push_back(std::move(host));
  }
  return hosts;
}

}  // namespace sluice
