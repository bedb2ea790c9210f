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
  last_found_ = at->second.get();
  return last_found_;
}

void WorkerClusters::Set(std::unique_ptr<WorkerCluster> cluster) {
  last_found_ = nullptr;
  std::unique_ptr<WorkerCluster>& place = by_name_[cluster->spec().name];
  std::swap(place, cluster);
  if (cluster != nullptr) Retire(std::move(cluster));
}

void WorkerClusters::SetHosts(absl::string_view name, std::shared_ptr<const HostSet> hosts) {
  WorkerCluster* const cluster = Find(name);
  if (cluster == nullptr) return;
  cluster->SetHosts(std::move(hosts));
  watches_.OnHosts(name, cluster->hosts());
}

void WorkerClusters::Watch(HostWatch& watch, absl::string_view name, const Address& address) {
  WorkerCluster* const cluster = Find(name);
  // Hosts that nobody lists are there as long as somebody uses them.
  if (cluster != nullptr && cluster->spec().original_dst.has_value()) return;
  watches_.Add(watch, name, address, cluster == nullptr ? nullptr : &cluster->hosts());
}

void WorkerClusters::Remove(absl::string_view name) {
  last_found_ = nullptr;
  const auto at = by_name_.find(name);
  if (at == by_name_.end()) return;
  std::unique_ptr<WorkerCluster> cluster = std::move(at->second);
  by_name_.erase(at);
  Retire(std::move(cluster));
  watches_.OnHosts(name, HostSet());
}

void WorkerClusters::Retire(std::unique_ptr<WorkerCluster> cluster) {
  WorkerCluster& retired = *cluster.release();
  retired_.PushBack(retired);
  retired.Retire();
}

}  // namespace sluice
