#include "source/upstream/worker_cluster.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "source/net/racing_io_handle.h"
#include "source/upstream/balancers/make_balancer.h"
#include "source/upstream/original_dst.h"

namespace sluice {
namespace {

// In whatever order.
bool SameHosts(const HostSet& a, const HostSet& b) {
  if (a.hosts == b.hosts) return true;
  const absl::flat_hash_set<std::shared_ptr<Host>> of_a(a.hosts.begin(), a.hosts.end());
  return a.hosts.size() == b.hosts.size() &&
         std::all_of(b.hosts.begin(), b.hosts.end(),
                     [&of_a](const auto& host) { return of_a.contains(host); });
}

}  // namespace

WorkerCluster::WorkerCluster(WorkerContext& worker, Network& network,
                             std::shared_ptr<const ClusterSpec> spec,
                             std::shared_ptr<CircuitBreaker> breaker,
                             std::shared_ptr<OutlierMonitor> outliers)
    : worker_(worker),
      network_(network),
      spec_(std::move(spec)),
      breaker_(std::move(breaker)),
      outliers_(std::move(outliers)),
      balancer_(MakeBalancer(spec_->settings->balancer, worker.random)),
      hosts_(std::make_shared<HostSet>()),
      original_(spec_->settings->original_dst.has_value() ? std::make_unique<OriginalHosts>(*this)
                                                          : nullptr) {}

WorkerCluster::~WorkerCluster() = default;

Host* WorkerCluster::PickHost(uint64_t hash, const MetadataMatch* metadata) {
  Picked picked;
  if (ahead_.empty()) {
    picked = Pick(hash, metadata);
  } else {
    picked = ahead_.front();
    ahead_.erase(ahead_.begin());
  }
  CountPick(picked.host, picked.notes);
  return picked.host;
}

WorkerCluster::Picked WorkerCluster::Pick(uint64_t hash, const MetadataMatch* metadata) {
  PickContext context{
      .random = worker_.random, .hash = hash, .now = worker_.loop.now(), .metadata = metadata};
  if (spec_->settings->balancer.hash_balance_percent != 0) {
    context.requests_active =
        breaker_->in_use(RoutePriority::kDefault, BreakerResource::kRequests) +
        breaker_->in_use(RoutePriority::kHigh, BreakerResource::kRequests);
  }
  Host* const host = balancer_->Pick(context);
  return {host, context.notes};
}

void WorkerCluster::ConnectAhead(const PoolKey& key, RoutePriority priority) {
  if (spec_->settings->connect_ahead == 0) return;
  const size_t wanted = std::min<size_t>(spec_->settings->connect_ahead, hosts_->hosts.size());
  while (ahead_.size() < wanted) ahead_.push_back(Pick(worker_.random.Next(), nullptr));
  for (const Picked& next : ahead_) {
    // In panic hosts have enough to do.
    if (next.host == nullptr || next.notes.panic) continue;
    PoolOf(*next.host, key).ConnectForNext(priority);
  }
}

void WorkerCluster::CountPick(const Host* host, const PickNotes& notes) {
  const ClusterStats& stats = spec_->stats;
  if (notes.panic) stats.lb_healthy_panic.Add(worker_.stats);
  if (host == nullptr) return stats.cx_none_healthy.Add(worker_.stats);
  switch (notes.zone) {
    case LoadGroup::Zone::kNone:
      break;
    case LoadGroup::Zone::kDirect:
      stats.lb_zone_routing_all_directly.Add(worker_.stats);
      break;
    case LoadGroup::Zone::kSampled:
      stats.lb_zone_routing_sampled.Add(worker_.stats);
      break;
    case LoadGroup::Zone::kCross:
      stats.lb_zone_routing_cross_zone.Add(worker_.stats);
      break;
  }
  switch (notes.subset) {
    case PickNotes::Subset::kNone:
      return;
    case PickNotes::Subset::kItsOwn:
      return stats.lb_subsets_selected.Add(worker_.stats);
    case PickNotes::Subset::kFallback:
      return stats.lb_subsets_fallback.Add(worker_.stats);
    case PickNotes::Subset::kPanic:
      return stats.lb_subsets_fallback_panic.Add(worker_.stats);
  }
}

Host* WorkerCluster::HostAt(const Address& address) { return original_->At(address); }

void WorkerCluster::DrainPoolsOf(Host& host) {
  const auto at = pools_.find(&host);
  if (at == pools_.end()) return;
  Drain(at->second);
  pools_.erase(at);
  OnPoolEmpty();
}

std::unique_ptr<IoHandle> WorkerCluster::ConnectTo(const Host& host, const ClusterSpec& spec) {
  return ConnectToAny(network_, worker_.loop, AddressesOf(host), spec.settings->socket);
}

absl::Span<const Address> WorkerCluster::AddressesOf(const Host& host) const {
  if (spec_->type != DiscoveryType::kLogicalDns) return host.addresses();
  for (size_t i = 0; i < hosts_->hosts.size(); ++i) {
    const auto& moved_to = hosts_->traits[i].moved_to;
    if (hosts_->hosts[i].get() == &host && moved_to != nullptr) return moved_to->addresses;
  }
  // It has left, and who waited for it is to be served yet.
  return left_at_ != nullptr ? left_at_->addresses : host.addresses();
}

ConnectionPool& WorkerCluster::PoolOf(Host& host, const PoolKey& key) {
  HostPools& pools = pools_[&host];
  for (const std::unique_ptr<ConnectionPool>& pool : pools) {
    if (pool->Serves(key)) return *pool;
  }
  pools.push_back(std::make_unique<ConnectionPool>(*this, host.shared_from_this(), key));
  return *pools.back();
}

void WorkerCluster::SetHosts(std::shared_ptr<const HostSet> hosts) {
  // A logical host is the only one.
  if (!hosts_->traits.empty()) left_at_ = hosts_->traits.front().moved_to;
  const std::shared_ptr<const HostSet> before = std::exchange(hosts_, std::move(hosts));
  balancer_->SetHosts(hosts_);
  ahead_.clear();
  if (original_ != nullptr) return;
  if (spec_->settings->closes_on_host_change && !SameHosts(*before, *hosts_))
    return DrainAllPools();
  // Mostly all are still there.
  size_t kept = 0;
  for (const auto& host : hosts_->hosts) kept += pools_.contains(host.get());
  if (kept != pools_.size()) DrainPoolsOfTheGone();
}

void WorkerCluster::DrainPoolsOfTheGone() {
  absl::flat_hash_set<const Host*> present;
  for (const auto& host : hosts_->hosts) present.insert(host.get());
  for (auto at = pools_.begin(); at != pools_.end();) {
    if (present.contains(at->first)) {
      ++at;
      continue;
    }
    Drain(at->second);
    pools_.erase(at++);
  }
  if (!draining_.empty()) OnPoolEmpty();
}

void WorkerCluster::Drain(HostPools& pools) {
  for (std::unique_ptr<ConnectionPool>& pool : pools) {
    pool->StartDrain();
    draining_.push_back(std::move(pool));
  }
}

void WorkerCluster::Update(std::shared_ptr<const ClusterSpec> spec,
                           std::shared_ptr<OutlierMonitor> outliers) {
  // Hosts of a list are no others' whoever finds them now.
  const bool same_connections =
      spec_->hashes.connections == spec->hashes.connections &&
      spec_->settings->original_dst.has_value() == spec->settings->original_dst.has_value();
  balancer_ = MakeBalancer(spec->settings->balancer, worker_.random);
  balancer_->SetHosts(hosts_);
  ahead_.clear();
  if (spec->settings->original_dst.has_value() != (original_ != nullptr)) original_.reset();
  spec_ = std::move(spec);
  outliers_ = std::move(outliers);
  if (spec_->settings->original_dst.has_value() && original_ == nullptr)
    original_ = std::make_unique<OriginalHosts>(*this);
  if (same_connections) {
    for (auto& [host, pools] : pools_) {
      for (const auto& pool : pools) pool->SetSpec(spec_);
    }
    return;
  }
  DrainAllPools();
}

void WorkerCluster::DrainAllPools() {
  for (auto& [host, pools] : pools_) Drain(pools);
  pools_.clear();
  if (!draining_.empty()) OnPoolEmpty();
}

void WorkerCluster::Retire() {
  retired_ = true;
  original_.reset();
  SetHosts(std::make_shared<HostSet>());
  OnPoolEmpty();
}

size_t WorkerCluster::pools() const {
  size_t count = draining_.size();
  for (const auto& [host, pools] : pools_) count += pools.size();
  return count;
}

void WorkerCluster::FreePassingPools() {
  if (!spec_->settings->auto_sni && !spec_->settings->auto_san_validation) return;
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
