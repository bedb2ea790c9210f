#include "source/upstream/cluster_map.h"

#include <utility>

namespace sluice {

WorkerClusters::~WorkerClusters() {
  while (!retired_.empty()) delete &retired_.front();
}

WorkerCluster* WorkerClusters::Find(absl::string_view name) {
  if (last_found_ != nullptr && last_found_->spec().name == name) return last_found_;
  const auto at = by_name_.find(name);
  if (at == by_name_.end()) return nullptr;
  Entry& entry = at->second;
  if (entry.cluster == nullptr) {
    const std::unique_ptr<Facts> facts = std::move(entry.facts);
    entry.cluster =
        std::make_unique<WorkerCluster>(facts->worker, facts->network, std::move(facts->spec),
                                        std::move(facts->breaker), std::move(facts->outliers));
    entry.cluster->SetHosts(std::move(facts->hosts));
  }
  last_found_ = entry.cluster.get();
  return last_found_;
}

void WorkerClusters::Set(Facts facts) {
  const std::string& name = facts.spec->name;
  Entry& entry = by_name_[name];
  if (entry.cluster != nullptr && &entry.cluster->breaker() == facts.breaker.get()) {
    entry.cluster->Update(facts.spec, std::move(facts.outliers));
    return SetHosts(name, std::move(facts.hosts));
  }
  last_found_ = nullptr;
  if (entry.cluster != nullptr) Retire(std::move(entry.cluster));
  entry.facts = std::make_unique<Facts>(std::move(facts));
  watches_.OnHosts(entry.facts->spec->name, *entry.facts->hosts);
}

void WorkerClusters::Set(std::unique_ptr<WorkerCluster> cluster) {
  last_found_ = nullptr;
  Entry& entry = by_name_[cluster->spec().name];
  entry.facts.reset();
  std::swap(entry.cluster, cluster);
  if (cluster != nullptr) Retire(std::move(cluster));
}

void WorkerClusters::SetHosts(absl::string_view name, std::shared_ptr<const HostSet> hosts) {
  const auto at = by_name_.find(name);
  if (at == by_name_.end()) return;
  const std::shared_ptr<const HostSet> shown = hosts;
  if (at->second.cluster != nullptr) {
    at->second.cluster->SetHosts(std::move(hosts));
  } else {
    at->second.facts->hosts = std::move(hosts);
  }
  watches_.OnHosts(name, *shown);
}

void WorkerClusters::Watch(HostWatch& watch, absl::string_view name, const Address& address) {
  WorkerCluster* const cluster = Find(name);
  // Hosts that nobody lists are there as long as somebody uses them.
  if (cluster != nullptr && cluster->spec().settings->original_dst.has_value()) return;
  watches_.Add(watch, name, address, cluster == nullptr ? nullptr : &cluster->hosts());
}

void WorkerClusters::Remove(absl::string_view name) {
  last_found_ = nullptr;
  const auto at = by_name_.find(name);
  if (at == by_name_.end()) return;
  std::unique_ptr<WorkerCluster> cluster = std::move(at->second.cluster);
  by_name_.erase(at);
  if (cluster != nullptr) Retire(std::move(cluster));
  watches_.OnHosts(name, HostSet());
}

void WorkerClusters::Retire(std::unique_ptr<WorkerCluster> cluster) {
  WorkerCluster& retired = *cluster.release();
  retired_.PushBack(retired);
  retired.Retire();
}

}  // namespace sluice
