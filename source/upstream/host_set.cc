#include "source/upstream/host_set.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "source/upstream/balancers/hash_key.h"
#include "source/upstream/balancers/priority_spread.h"
#include "source/upstream/balancers/slow_start.h"
#include "source/upstream/balancers/subset_index.h"

namespace sluice {
namespace {

// What one host is in its set: an index of HostSet::hosts, and its weight as it counts now.
struct Member {
  uint32_t index;
  double weight;
};

// A part of a priority: the hosts of one locality.
struct LocalityPart {
  Locality locality;
  uint32_t weight = 0;
  uint32_t counted = 0;  // without the excluded
  std::vector<Member> healthy, degraded;
};

struct Level {
  std::vector<Member> all, healthy, degraded;  // all: in panic
  PriorityHealth health;
  std::vector<LocalityPart> localities;  // locality weighted balancing only
  absl::flat_hash_map<Locality, uint32_t> locality_index;
};

class SetBuilder {
 public:
  SetBuilder(std::vector<HostEntry> entries, const BalancerSpec& spec,
             const AssignmentPolicy& policy, MonotonicTime now, const LocalZones* zones)
      : entries_(std::move(entries)),
        spec_(spec),
        policy_(policy),
        now_(now),
        zones_(spec.locality_weighted || spec.hashes() ? nullptr : zones) {}

  std::shared_ptr<const HostSet> Build() {
    set_->drop_per_million = policy_.drop_per_million;
    Sort();
    AddGroups();
    FinishLoads();
    if (spec_.subsets != nullptr) {
      set_->subsets = SubsetIndex::Make(entries_, spec_, policy_, now_);
    }
    set_->hosts.reserve(entries_.size());
    set_->traits.reserve(entries_.size());
    for (HostEntry& entry : entries_) {
      set_->hosts.push_back(std::move(entry.host));
      set_->traits.push_back(std::move(entry.traits));
    }
    return std::move(set_);
  }

 private:
  void Sort();
  bool IsExcluded(HostFlags flags) const;
  void Count(HostHealth health, const EndpointTraits& traits, Level& level, PriorityCounts& counts);
  LocalityPart& PartOf(const EndpointTraits& traits, Level& level);
  double WeightNow(const Host& host, const EndpointTraits& traits);
  bool by_locality() const { return spec_.locality_weighted || zones_ != nullptr; }
  void AddGroups();
  bool AddZones(const Level& level, double load);
  void AddTier(const Level& level, std::vector<Member> LocalityPart::*tier,
               const std::vector<Member>& whole, double load, uint32_t priority);
  void AddGroup(std::vector<WeightedHost> hosts, const std::vector<HashedHost>& hashed, double load,
                uint32_t priority, bool panic);
  void AddMembers(const std::vector<Member>& members, double scale,
                  std::vector<WeightedHost>& hosts, std::vector<HashedHost>& hashed) const;
  void FinishLoads();

  std::vector<HostEntry> entries_;
  const BalancerSpec& spec_;
  const AssignmentPolicy& policy_;
  const MonotonicTime now_;
  const LocalZones* const zones_;  // null: localities are all the same
  std::vector<Level> levels_;      // by priority
  std::vector<double> loads_;      // of each group
  std::unique_ptr<HostSet> set_ = std::make_unique<HostSet>();
};

// Such a host is as good as not there, in panic too.
bool TakenOutByOperator(HostFlags flags) {
  return flags.Has(HostFlag::kDrainingByOperator) || flags.Has(HostFlag::kMaintenanceByOperator);
}

// ---- Hosts into levels and tiers.

void SetBuilder::Sort() {
  set_->flags.reserve(entries_.size());
  for (uint32_t i = 0; i < entries_.size(); ++i) {
    const Host& host = *entries_[i].host;
    const EndpointTraits& traits = entries_[i].traits;
    // Read once: another set may be made of others in a moment.
    const HostFlags flags = host.flags();
    set_->flags.push_back(flags);
    if (levels_.size() <= traits.priority) levels_.resize(traits.priority + 1);
    Level& level = levels_[traits.priority];
    set_->priorities.resize(levels_.size());
    PriorityCounts& counts = set_->priorities[traits.priority];
    ++counts.hosts;
    if (TakenOutByOperator(flags)) continue;
    const Member member{i, WeightNow(host, traits)};
    level.all.push_back(member);
    ++level.health.hosts;
    if (IsExcluded(flags)) {
      ++counts.excluded;
      ++set_->excluded;
      continue;
    }
    const HostHealth health = HealthOf(flags);
    Count(health, traits, level, counts);
    if (by_locality()) ++PartOf(traits, level).counted;
    if (health == HostHealth::kUnhealthy) continue;
    (health == HostHealth::kHealthy ? level.healthy : level.degraded).push_back(member);
    if (!by_locality()) continue;
    LocalityPart& part = PartOf(traits, level);
    (health == HostHealth::kHealthy ? part.healthy : part.degraded).push_back(member);
  }
}

bool SetBuilder::IsExcluded(HostFlags flags) const {
  return flags.Has(HostFlag::kExcludedByImmediateFailure) ||
         flags.Has(HostFlag::kDrainingByDiscovery) ||
         (spec_.ignore_new_hosts_until_first_check && flags.Has(HostFlag::kPendingActiveCheck));
}

void SetBuilder::Count(HostHealth health, const EndpointTraits& traits, Level& level,
                       PriorityCounts& counts) {
  const uint64_t unit = policy_.weighted_priority_health ? traits.weight : 1;
  level.health.total += unit;
  if (health == HostHealth::kHealthy) {
    level.health.healthy += unit;
    ++counts.healthy;
    ++set_->healthy;
  } else if (health == HostHealth::kDegraded) {
    level.health.degraded += unit;
    ++counts.degraded;
    ++set_->degraded;
  }
}

LocalityPart& SetBuilder::PartOf(const EndpointTraits& traits, Level& level) {
  static const LocalityGroup* const kNone = new LocalityGroup();
  const LocalityGroup& group = traits.locality == nullptr ? *kNone : *traits.locality;
  const auto [at, is_new] = level.locality_index.try_emplace(
      group.locality, static_cast<uint32_t>(level.localities.size()));
  if (is_new) {
    level.localities.push_back(
        {.locality = group.locality, .weight = spec_.locality_weighted ? group.weight : 0});
  }
  return level.localities[at->second];
}

double SetBuilder::WeightNow(const Host& host, const EndpointTraits& traits) {
  const double weight = traits.weight;
  if (spec_.slow_start.window == Duration::zero()) return weight;
  const double part = SlowStartPart(spec_.slow_start, now_ - host.fit_since);
  if (part < 1.0) set_->warming = true;
  return weight * part;
}

// ---- Levels into groups.

void SetBuilder::AddGroups() {
  std::vector<PriorityHealth> healths;
  for (const Level& level : levels_) healths.push_back(level.health);
  const std::vector<PriorityLoad> loads = SpreadOverPriorities(
      healths, policy_, std::min(spec_.panic_threshold_percent.value(), 100.0));
  for (uint32_t priority = 0; priority < levels_.size(); ++priority) {
    const Level& level = levels_[priority];
    const PriorityLoad& load = loads[priority];
    set_->priorities[priority].load = load.healthy + load.degraded;
    set_->priorities[priority].panic = load.panic;
    if (load.panic) {
      std::vector<WeightedHost> hosts;
      std::vector<HashedHost> hashed;
      AddMembers(level.all, 1.0, hosts, hashed);
      AddGroup(std::move(hosts), hashed, load.healthy + load.degraded, priority, true);
      continue;
    }
    if (priority > 0 || !AddZones(level, load.healthy))
      AddTier(level, &LocalityPart::healthy, level.healthy, load.healthy, priority);
    AddTier(level, &LocalityPart::degraded, level.degraded, load.degraded, priority);
  }
}

// The healthy hosts of the first priority, where traffic is to stay in the proxy's locality. False:
// it is not, or cannot.
bool SetBuilder::AddZones(const Level& level, double load) {
  if (zones_ == nullptr || load <= 0) return false;
  std::vector<ZoneHosts> hosts;
  for (const LocalityPart& part : level.localities) {
    hosts.push_back({part.locality, static_cast<uint32_t>(part.healthy.size())});
  }
  const ZonePlan plan = PlanZones(hosts, *zones_, spec_.zone_aware);
  set_->zones = plan.verdict;
  if (plan.shares.empty()) return false;
  double all = 0;
  for (const Member& member : level.healthy) all += member.weight;
  const double by_plan = std::min(spec_.zone_aware.routing_percent.value(), 100.0) / 100.0;
  for (size_t i = 0; i < hosts.size(); ++i) {
    std::vector<WeightedHost> members;
    std::vector<HashedHost> hashed;
    double weight = 0;
    for (const Member& member : level.localities[i].healthy) weight += member.weight;
    AddMembers(level.localities[i].healthy, 1.0, members, hashed);
    const double share = by_plan * plan.shares[i] + (1.0 - by_plan) * weight / all;
    const size_t before = set_->groups.size();
    AddGroup(std::move(members), hashed, load * share, 0, false);
    if (set_->groups.size() == before) continue;
    using Zone = LoadGroup::Zone;
    const bool here = hosts[i].locality == zones_->own;
    const Zone stays = plan.verdict == ZoneVerdict::kDirect ? Zone::kDirect : Zone::kSampled;
    set_->groups.back().zone = here ? stays : Zone::kCross;
  }
  return true;
}

// With localities that have weights: each of them by its weight, as far as enough of it is fit.
// Hashing balancers look at all hosts at once, so there the locality's share is in the weights.
void SetBuilder::AddTier(const Level& level, std::vector<Member> LocalityPart::*tier,
                         const std::vector<Member>& whole, double load, uint32_t priority) {
  if (load <= 0 || whole.empty()) return;
  std::vector<WeightedHost> hosts;
  std::vector<HashedHost> hashed;
  double sum = 0;
  const auto share = [&](const LocalityPart& part) {
    if ((part.*tier).empty()) return 0.0;
    const double fit = static_cast<double>((part.*tier).size()) / part.counted;
    return part.weight * std::min(1.0, fit * policy_.overprovisioning_percent / 100.0);
  };
  for (const LocalityPart& part : level.localities) sum += share(part);
  if (sum == 0) {
    AddMembers(whole, 1.0, hosts, hashed);
    return AddGroup(std::move(hosts), hashed, load, priority, false);
  }
  for (const LocalityPart& part : level.localities) {
    const double own = share(part) / sum;
    if (own == 0) continue;
    double weights = 0;
    for (const Member& member : part.*tier) weights += member.weight;
    AddMembers(part.*tier, spec_.hashes() ? own / weights : 1.0, hosts, hashed);
    if (spec_.hashes()) continue;
    AddGroup(std::exchange(hosts, {}), hashed, load * own, priority, false);
  }
  if (spec_.hashes()) AddGroup(std::move(hosts), hashed, load, priority, false);
}

void SetBuilder::AddMembers(const std::vector<Member>& members, double scale,
                            std::vector<WeightedHost>& hosts,
                            std::vector<HashedHost>& hashed) const {
  hosts.reserve(hosts.size() + members.size());
  for (const Member& member : members) {
    const HostEntry& entry = entries_[member.index];
    hosts.push_back({entry.host.get(), member.weight * scale});
    if (!spec_.hashes()) continue;
    hashed.push_back(
        {HashKeyOf(*entry.host, entry.traits, spec_.hash_by_hostname), member.weight * scale});
  }
}

void SetBuilder::AddGroup(std::vector<WeightedHost> hosts, const std::vector<HashedHost>& hashed,
                          double load, uint32_t priority, bool panic) {
  if (hosts.empty() || load <= 0) return;
  HostGroup group(hosts);
  if (!hashed.empty()) {
    // The group has put its hosts into another order where their weights differ.
    absl::flat_hash_map<const Host*, size_t> index;
    for (size_t i = 0; i < hosts.size(); ++i) index[hosts[i].host] = i;
    std::vector<HashedHost> in_order;
    in_order.reserve(hashed.size());
    for (const Host* const host : group.hosts()) in_order.push_back(hashed[index[host]]);
    if (spec_.policy == BalancerPolicy::kMaglev) {
      group.maglev = std::make_unique<const MaglevTable>(in_order, spec_.maglev_table_size);
    } else {
      group.ring = std::make_unique<const HashRing>(in_order, spec_.ring_hash);
    }
  }
  set_->groups.push_back({.group = std::move(group),
                          .load_end = 0,
                          .priority = priority,
                          .panic = panic,
                          .fails = panic && spec_.zone_aware.fails_in_panic});
  loads_.push_back(load);
}

void SetBuilder::FinishLoads() {
  constexpr double kAll = 18446744073709551616.0;  // 2^64
  double sum = 0, running = 0;
  for (const double load : loads_) sum += load;
  for (size_t i = 0; i < loads_.size(); ++i) {
    running += loads_[i];
    const double end = running / sum * kAll;
    set_->groups[i].load_end =
        end >= kAll ? std::numeric_limits<uint64_t>::max() : static_cast<uint64_t>(end);
  }
  if (!loads_.empty()) set_->groups.back().load_end = std::numeric_limits<uint64_t>::max();
}

}  // namespace

std::shared_ptr<const HostSet> MakeHostSet(std::vector<HostEntry> entries, const BalancerSpec& spec,
                                           const AssignmentPolicy& policy, MonotonicTime now,
                                           const LocalZones* zones) {
  return SetBuilder(std::move(entries), spec, policy, now, zones).Build();
}

}  // namespace sluice
