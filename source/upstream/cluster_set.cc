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

void ClusterSet::Set(std::shared_ptr<const ClusterSpec> spec, std::unique_ptr<WarmGate> gate) {
  const std::string name = spec->name;
  const auto [at, is_new] = by_name_.try_emplace(name);
  Entry& entry = at->second;
  if (!is_new && IsKnown(entry, *spec)) return TellWhoWaits();
  (is_new ? added_ : modified_).Add(main_.stats);
  if (is_new) entry.breaker = std::make_shared<CircuitBreaker>(*spec);
  Count(entry, -1);
  entry.warming =
      std::make_unique<Cluster>(WorldOf(name), std::move(spec), entry.breaker, entry.serving.get(),
                                std::move(gate), [this](const std::string& warm) { OnWarm(warm); });
  Count(entry, 1);
  entry.warming->Start();
  ShowCounts();
}

void ClusterSet::SetLocalCluster(std::string name, Locality locality) {
  local_cluster_ = std::move(name);
  zones_.own = std::move(locality);
}

Cluster::World ClusterSet::WorldOf(const std::string& name) {
  Cluster::World world{main_, network_, resolver_, stats_, workers_};
  if (local_cluster_.empty()) return world;
  if (name == local_cluster_) {
    world.on_hosts = [this] { OnLocalHosts(); };
  } else {
    world.zones = &zones_;
  }
  return world;
}

void ClusterSet::OnLocalHosts() {
  const Cluster* const local = Find(local_cluster_);
  const HostSet* const set = local == nullptr ? nullptr : &local->hosts();
  const bool ok = set != nullptr && set->healthy > 0 && !set->priorities[0].panic;
  absl::flat_hash_map<Locality, double> parts;
  for (size_t i = 0; ok && i < set->hosts.size(); ++i) {
    const auto& group = set->traits[i].locality;
    if (group == nullptr || HealthOf(set->flags[i]) != HostHealth::kHealthy) continue;
    parts[group->locality] += 1.0 / set->healthy;
  }
  if (parts == zones_.parts) return;
  zones_.parts = std::move(parts);
  for (auto& [name, entry] : by_name_) {
    if (name != local_cluster_ && entry.serving != nullptr) entry.serving->OnZones();
  }
}

void ClusterSet::OnRuntime() {
  for (auto& [name, entry] : by_name_) {
    if (entry.serving != nullptr) entry.serving->PublishAnew();
    if (entry.warming != nullptr) entry.warming->PublishAnew();
  }
}

// What is asked for is there, or on its way. Who goes back to what serves needs nobody to warm.
bool ClusterSet::IsKnown(Entry& entry, const ClusterSpec& spec) {
  const auto is_same = [&spec](const std::unique_ptr<Cluster>& cluster) {
    return cluster != nullptr && spec.hashes.all != 0 &&
           cluster->spec().hashes.all == spec.hashes.all;
  };
  if (is_same(entry.warming)) return true;
  if (!is_same(entry.serving)) return false;
  if (entry.warming != nullptr) modified_.Add(main_.stats);
  Count(entry, -1);
  entry.warming.reset();
  Count(entry, 1);
  return true;
}

// From inside of the cluster that has warmed.
void ClusterSet::OnWarm(const std::string& name) {
  Entry& entry = by_name_.find(name)->second;
  Count(entry, -1);
  std::unique_ptr<Cluster> old = std::exchange(entry.serving, std::move(entry.warming));
  Count(entry, 1);
  Cluster& cluster = *entry.serving;
  entry.breaker->SetLimits(cluster.spec());
  entry.breaker_stats = MakeBreakerStats(stats_, cluster.spec(), entry.breaker);
  cluster.WatchOutliers(stats_, outlier_log_);
  if (old != nullptr) cluster.TakeOver(*old);
  old.reset();  // its last word about the membership comes before the new one's first
  cluster.Serve();
  if (on_serving_ != nullptr) on_serving_();
  TellWhoWaits();
}

bool ClusterSet::Remove(absl::string_view name) {
  const auto at = by_name_.find(name);
  if (at == by_name_.end()) return false;
  Count(at->second, -1);
  by_name_.erase(at);
  if (name == local_cluster_) OnLocalHosts();
  workers_.RemoveCluster(name);
  removed_.Add(main_.stats);
  TellWhoWaits();  // it may have been the one that others waited for
  return true;
}

bool ClusterSet::OrderHost(absl::string_view cluster, absl::string_view address, HostOrder order) {
  const auto at = by_name_.find(cluster);
  return at != by_name_.end() && at->second.seen().OrderHost(address, order);
}

bool ClusterSet::SetEndpoints(absl::string_view name, std::vector<EndpointSpec> endpoints,
                              const AssignmentPolicy& policy) {
  const auto at = by_name_.find(name);
  if (at == by_name_.end()) return false;
  const auto& [breaker, breaker_stats, serving, warming] = at->second;
  const bool both = serving != nullptr && warming != nullptr &&
                    serving->spec().eds_service_name == warming->spec().eds_service_name;
  if (warming == nullptr || both) serving->SetEndpoints(endpoints, policy);
  if (warming != nullptr) warming->SetEndpoints(std::move(endpoints), policy);
  return true;
}

bool ClusterSet::EndpointsFailed(absl::string_view name) {
  const auto at = by_name_.find(name);
  if (at == by_name_.end()) return false;
  if (at->second.warming != nullptr) at->second.warming->GiveUpOnEndpoints();
  return true;
}

const Cluster* ClusterSet::Find(absl::string_view name) const {
  const auto at = by_name_.find(name);
  return at == by_name_.end() ? nullptr : &at->second.seen();
}

const Cluster* ClusterSet::FindNext(absl::string_view name) const {
  const auto at = by_name_.find(name);
  if (at == by_name_.end() || at->second.serving == nullptr) return nullptr;
  return at->second.warming.get();
}

void ClusterSet::ForEach(const std::function<void(const Cluster&)>& visit) const {
  for (const auto& [name, entry] : by_name_) visit(entry.seen());
}

bool ClusterSet::ready() const { return serving_count_ == by_name_.size(); }

void ClusterSet::WhenReady(absl::AnyInvocable<void()> call) {
  if (ready()) return call();
  when_ready_.push_back(std::move(call));
}

void ClusterSet::TellWhoWaits() {
  ShowCounts();
  if (when_ready_.empty() || !ready()) return;
  for (auto& call : std::exchange(when_ready_, {})) call();
}

void ClusterSet::Count(const Entry& entry, int sign) {
  if (entry.serving != nullptr) serving_count_ += static_cast<size_t>(sign);
  if (entry.warming != nullptr) warming_count_ += static_cast<size_t>(sign);
}

void ClusterSet::ShowCounts() {
  active_.Set(main_.stats, static_cast<int64_t>(serving_count_));
  warming_.Set(main_.stats, static_cast<int64_t>(warming_count_));
}

}  // namespace sluice
