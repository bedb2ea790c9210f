#include "source/upstream/worker_cluster.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "source/base/check.h"
#include "source/upstream/balancers/round_robin.h"

namespace sluice {

WorkerCluster::WorkerCluster(WorkerContext& worker, Network& network,
                             std::shared_ptr<const ClusterSpec> spec,
                             std::shared_ptr<CircuitBreaker> breaker)
    : worker_(worker),
      network_(network),
      spec_(std::move(spec)),
      breaker_(std::move(breaker)),
      balancer_(std::make_unique<RoundRobin>(worker.random)),
      hosts_(std::make_shared<HostSet>()) {}

WorkerCluster::~WorkerCluster() = default;

Host* WorkerCluster::PickHost(uint64_t hash) {
  Host* const host = balancer_->Pick({worker_.random, hash});
  if (host == nullptr) spec_->stats.cx_none_healthy.Add(worker_.stats);
  return host;
}

std::shared_ptr<Host> WorkerCluster::PinHost(const Host& host) const {
  const auto is_it = [&host](const auto& shared) { return shared.get() == &host; };
  const auto at = std::find_if(hosts_->hosts.begin(), hosts_->hosts.end(), is_it);
  SLUICE_CHECK(at != hosts_->hosts.end());
  return *at;
}

ConnectionPool& WorkerCluster::PoolOf(Host& host, const PoolKey& key) {
  HostPools& pools = pools_[&host];
  for (const std::unique_ptr<ConnectionPool>& pool : pools) {
    if (pool->Serves(key)) return *pool;
  }
  pools.push_back(std::make_unique<ConnectionPool>(*this, PinHost(host), key));
  return *pools.back();
}

void WorkerCluster::SetHosts(std::shared_ptr<const HostSet> hosts) {
  absl::flat_hash_set<const Host*> present;
  for (const auto& host : hosts->hosts) present.insert(host.get());
  hosts_ = std::move(hosts);
  balancer_->SetHosts(hosts_);
  for (auto at = pools_.begin(); at != pools_.end();) {
    if (present.contains(at->first)) {
      ++at;
      continue;
    }
    for (std::unique_ptr<ConnectionPool>& pool : at->second) {
      pool->StartDrain();
      draining_.push_back(std::move(pool));
    }
    pools_.erase(at++);
  }
  if (!draining_.empty()) OnPoolEmpty();
}

void WorkerCluster::Retire() {
  retired_ = true;
  SetHosts(std::make_shared<HostSet>());
  OnPoolEmpty();
}

size_t WorkerCluster::pools() const {
  size_t count = draining_.size();
  for (const auto& [host, pools] : pools_) count += pools.size();
  return count;
}

void WorkerCluster::FreePassingPools() {
  if (!spec_->auto_sni && !spec_->auto_san_validation) return;
  for (auto& [host, pools] : pools_) {
    const auto gone = [](const auto& pool) { return pool->passing() && pool->empty(); };
    pools.erase(std::remove_if(pools.begin(), pools.end(), gone), pools.end());
  }
}

void WorkerCluster::RunEndOfTurn() {
  std::erase_if(draining_, [](const auto& pool) { return pool->empty(); });
  FreePassingPools();
  if (!retired_ || !draining_.empty()) return;
  ListNode<>::Unlink();  // from WorkerClusters, which would delete it otherwise
  worker_.loop.DeleteLater(std::unique_ptr<Deferred>(this));
}

}  // namespace sluice
