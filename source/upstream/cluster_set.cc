#include "source/upstream/cluster_set.h"

#include <utility>

#include "source/upstream/cluster_stats.h"

namespace sluice {

ClusterSet::ClusterSet(WorkerContext& main, Network& network, StatsRegistry& stats,
                       Resolver& resolver, WorkerUpstreams& workers)
    : main_(main),
      network_(network),
      stats_(stats),
      resolver_(resolver),
      workers_(workers),
      active_(stats.GetGauge("cluster_manager.active_clusters")),
      warming_(stats.GetGauge("cluster_manager.warming_clusters")),
      added_(stats.GetCounter("cluster_manager.cluster_added")),
      modified_(stats.GetCounter("cluster_manager.cluster_modified")),
      removed_(stats.GetCounter("cluster_manager.cluster_removed")) {}

void ClusterSet::Set(std::shared_ptr<const ClusterSpec> spec) {
  auto breaker = std::make_shared<CircuitBreaker>(*spec);
  AddBreakerGauges(stats_, *spec, breaker);
  std::unique_ptr<Cluster>& place = by_name_[spec->name];
  (place == nullptr ? added_ : modified_).Add(main_.stats);
  place.reset();  // its last word about the membership comes before the new one's first
  place =
      std::make_unique<Cluster>(Cluster::World{main_, network_, resolver_, stats_, workers_},
                                std::move(spec), std::move(breaker), [this] { OnClusterReady(); });
  place->WatchOutliers(stats_, outlier_log_);
  place->Start();
  ShowCounts();
}

bool ClusterSet::Remove(absl::string_view name) {
  if (by_name_.erase(name) == 0) return false;
  workers_.RemoveCluster(name);
  removed_.Add(main_.stats);
  OnClusterReady();  // it may have been the one that others waited for
  return true;
}

bool ClusterSet::OrderHost(absl::string_view cluster, absl::string_view address, HostOrder order) {
  const auto at = by_name_.find(cluster);
  return at != by_name_.end() && at->second->OrderHost(address, order);
}

bool ClusterSet::SetEndpoints(absl::string_view name, std::vector<EndpointSpec> endpoints,
                              const AssignmentPolicy& policy) {
  const auto at = by_name_.find(name);
  if (at == by_name_.end()) return false;
  at->second->SetEndpoints(std::move(endpoints), policy);
  return true;
}

const Cluster* ClusterSet::Find(absl::string_view name) const {
  const auto at = by_name_.find(name);
  return at == by_name_.end() ? nullptr : at->second.get();
}

void ClusterSet::ForEach(const std::function<void(const Cluster&)>& visit) const {
  for (const auto& [name, cluster] : by_name_) visit(*cluster);
}

bool ClusterSet::ready() const {
  for (const auto& [name, cluster] : by_name_) {
    if (!cluster->ready()) return false;
  }
  return true;
}

void ClusterSet::WhenReady(absl::AnyInvocable<void()> call) {
  if (ready()) return call();
  when_ready_.push_back(std::move(call));
}

void ClusterSet::OnClusterReady() {
  ShowCounts();
  if (when_ready_.empty() || !ready()) return;
  for (auto& call : std::exchange(when_ready_, {})) call();
}

void ClusterSet::ShowCounts() {
  int64_t ready = 0;
  for (const auto& [name, cluster] : by_name_) ready += cluster->ready();
  active_.Set(main_.stats, ready);
  warming_.Set(main_.stats, static_cast<int64_t>(by_name_.size()) - ready);
}

}  // namespace sluice
