#include "source/upstream/cluster.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "source/upstream/balancers/subset_index.h"
#include "source/upstream/cluster_stats.h"
#include "source/upstream/endpoints/static_endpoints.h"
#include "source/upstream/known_hosts.h"

namespace sluice {
namespace {

// In so many steps a host in slow start comes to its weight; each makes a host set.
constexpr int kWarmingSteps = 50;
constexpr Duration kWarmingStepMin = std::chrono::milliseconds(100);

// A set of many hosts takes its time to make, and each of them may flip in a turn of its own: so
// much time passes between two sets for what health checks find out. Of up to a thousand hosts
// none.
Duration FlipPause(size_t hosts) {
  constexpr Duration kPausePerHost = std::chrono::microseconds(2);
  return hosts <= 1000 ? Duration::zero() : kPausePerHost * static_cast<int64_t>(hosts);
}

Duration WarmingStep(const SlowStart& slow_start) {
  return std::max(kWarmingStepMin, slow_start.window / kWarmingSteps);
}

bool SameHosts(const std::vector<HostEntry>& entries, const HostSet& set) {
  return std::equal(entries.begin(), entries.end(), set.hosts.begin(), set.hosts.end(),
                    [](const HostEntry& entry, const auto& host) { return entry.host == host; });
}

// Whether another set is to be made.
bool Differ(const std::vector<HostEntry>& entries, const HostSet& set) {
  if (!SameHosts(entries, set)) return true;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (!(entries[i].host->flags() == set.flags[i])) return true;
    if (!(entries[i].traits == set.traits[i])) return true;
  }
  return false;
}

HostFlags OfDiscovery(HostFlags flags) {
  HostFlags own;
  for (const HostFlag flag : {HostFlag::kFailedByDiscovery, HostFlag::kDegradedByDiscovery,
                              HostFlag::kDrainingByDiscovery}) {
    own = own.With(flag, flags.Has(flag));
  }
  return own;
}

// When discovery drops it, however well it is: discovery had called it ill before, as in Envoy, or
// an operator keeps it from being asked.
bool GoesAtOnce(HostFlags flags) {
  return flags.Has(HostFlag::kFailedByDiscovery) || flags.Has(HostFlag::kDrainingByDiscovery) ||
         flags.Has(HostFlag::kMaintenanceByOperator);
}

}  // namespace

Cluster::Cluster(const World& world, std::shared_ptr<const ClusterSpec> spec,
                 std::shared_ptr<CircuitBreaker> breaker, const Cluster* predecessor,
                 std::unique_ptr<WarmGate> gate,
                 std::function<void(const std::string& name)> on_ready)
    : main_(world.main),
      workers_(world.workers),
      zones_(world.zones),
      on_hosts_(world.on_hosts),
      spec_(std::move(spec)),
      breaker_(std::move(breaker)),
      on_ready_(std::move(on_ready)),
      predecessor_(predecessor),
      gate_(std::move(gate)),
      dns_(world.main, world.resolver, *spec_, [this] { main_.loop.AtEndOfTurn(*this); }),
      assignment_policy_(spec_->assignment_policy),
      reports_(predecessor == nullptr ? std::make_shared<const HealthReports>(world.main.loop)
                                      : predecessor->reports_),
      hosts_(std::make_shared<HostSet>()) {
  if (predecessor != nullptr) dns_.Remember(predecessor->dns_);
  if (spec_->health_checks.empty()) return;
  health_ = std::make_unique<HealthChecker>(HealthChecker::Parts{
      .main = world.main,
      .network = world.network,
      .stats = world.stats,
      .spec = spec_,
      .reports = reports_,
      .on_change = [this] { OnHealthChange(); },
      .waits = predecessor != nullptr,
      .predecessor = predecessor == nullptr ? nullptr : predecessor->health_.get()});
}

Cluster::~Cluster() {
  if (predecessor_ != nullptr) return;
  spec_->stats.membership_total.Set(main_.stats, 0);
  spec_->stats.membership_healthy.Set(main_.stats, 0);
  spec_->stats.membership_degraded.Set(main_.stats, 0);
  spec_->stats.membership_excluded.Set(main_.stats, 0);
  if (hosts_->subsets != nullptr) spec_->stats.lb_subsets_active.Set(main_.stats, 0);
}

void Cluster::WatchOutliers(StatsRegistry& stats, LogSink* log) {
  if (spec_->settings->outlier == nullptr) return;
  outlier_monitor_ = std::make_shared<OutlierMonitor>(*spec_->settings->outlier, main_.loop);
  outliers_ = std::make_unique<OutlierDetector>(
      OutlierDetector::Parts{.main = main_,
                             .monitor = outlier_monitor_,
                             .cluster = spec_->name,
                             .stats = OutlierStats(stats, ClusterStatPrefix(spec_->stat_name)),
                             .log = log,
                             .on_change = [this] { OnHealthChange(); }});
  if (health_ == nullptr) return;
  health_->OnPass([this](const Host& host) { outliers_->OnActiveCheckPassed(host); });
}

void Cluster::Start() {
  if (gate_ != nullptr && predecessor_ != nullptr) gate_->Insist();
  if (gate_ != nullptr) gate_->WhenOpen([this] { RebuildLater(); });
  dns_.Start();
  Rebuild();
}

void Cluster::TakeOver(Cluster& predecessor) {
  predecessor_ = nullptr;
  hosts_ = predecessor.hosts_;
  must_publish_ = true;
  if (health_ != nullptr) health_->TakeOver();
  if (predecessor.health_ != nullptr) predecessor.health_->TakeBack(health_.get());
  if (outliers_ != nullptr && predecessor.outliers_ != nullptr) {
    outliers_->TakeOver(*predecessor.outliers_);
  }
  for (const auto& host : hosts_->hosts) {
    if (outliers_ == nullptr) host->SetFlag(HostFlag::kFailedPassiveCheck, false);
  }
}

void Cluster::Serve() {
  serves_ = true;
  if (must_publish_) Rebuild();
  if (!introduced_) Show();
}

void Cluster::Show() {
  if (!serves_) return;
  if (introduced_) return workers_.SetHosts(spec_->name, hosts_);
  introduced_ = true;
  workers_.SetCluster(spec_, breaker_, outlier_monitor_, hosts_);
  if (outliers_ != nullptr) outliers_->SetHosts(hosts_->hosts);
}

void Cluster::SetEndpoints(std::vector<EndpointSpec> endpoints, const AssignmentPolicy& policy) {
  endpoints_ = std::move(endpoints);
  has_endpoints_ = true;
  must_publish_ = must_publish_ || !(assignment_policy_ == policy);
  assignment_policy_ = policy;
  main_.loop.AtEndOfTurn(*this);
}

void Cluster::GiveUpOnEndpoints() {
  if (has_endpoints_) return;
  const bool known = predecessor_ != nullptr && predecessor_->has_endpoints_ &&
                     predecessor_->spec_->eds_service_name == spec_->eds_service_name;
  if (known) return SetEndpoints(predecessor_->Listed(), predecessor_->assignment_policy_);
  if (predecessor_ == nullptr) SetEndpoints({}, assignment_policy_);
}

bool Cluster::misses_endpoints() const {
  if (gate_ != nullptr && !gate_->open()) return true;
  return spec_->type == DiscoveryType::kEds && !has_endpoints_;
}

// What is listed of an EDS cluster, as long as nothing else is: its hosts say it all.
std::vector<EndpointSpec> Cluster::Listed() const {
  if (endpoints_.has_value()) return *endpoints_;
  std::vector<EndpointSpec> endpoints;
  for (size_t i = 0; i < hosts_->hosts.size(); ++i) {
    const Host& host = *hosts_->hosts[i];
    if (host.flags().Has(HostFlag::kPendingRemoval)) continue;
    endpoints.push_back({.facts = host.facts(),
                         .traits = hosts_->traits[i],
                         .flags = OfDiscovery(host.flags()),
                         .dns_name = {}});
  }
  return endpoints;
}

std::vector<ResolvedEndpoint> Cluster::Endpoints() const {
  std::vector<ResolvedEndpoint> endpoints =
      StaticEndpoints(has_endpoints_ ? Listed() : spec_->endpoints);
  for (ResolvedEndpoint& endpoint : dns_.Endpoints()) endpoints.push_back(std::move(endpoint));
  return endpoints;
}

void Cluster::Rebuild() {
  if (misses_endpoints()) return;
  const bool serves_another = predecessor_ != nullptr;
  KnownHosts known;
  known.Add(candidates_);
  known.Add(serves_another ? predecessor_->hosts_->hosts : hosts_->hosts);
  std::vector<HostEntry> entries =
      known.Merge(Endpoints(), serves_another ? KnownHosts::Word::kKeep : KnownHosts::Word::kTell);
  for (const HostEntry& entry : entries) {
    if (entry.host->health_reports == nullptr) entry.host->health_reports = reports_;
  }
  if (serves_another) {
    if (health_ != nullptr) health_->SetHosts(entries);
    candidates_.clear();
    for (const HostEntry& entry : entries) candidates_.push_back(entry.host);
  } else {
    candidates_.clear();
    KeepRemoved(entries);
    const bool changed = std::exchange(must_publish_, false) || Differ(entries, *hosts_);
    if (changed && health_ != nullptr) health_->SetHosts(entries);
    if (changed || hosts_->warming) Publish(std::move(entries));
    if (spec_->type == DiscoveryType::kEds) endpoints_.reset();
  }
  if (ready_ || !dns_.settled() || (health_ != nullptr && !health_->settled())) return;
  ready_ = true;
  on_ready_(spec_->name);
}

void Cluster::Publish(std::vector<HostEntry> entries) {
  NoteFitness(entries);
  published_ = main_.loop.now();
  const bool other_hosts = !SameHosts(entries, *hosts_);
  const std::shared_ptr<const HostSet> before = hosts_;
  hosts_ = MakeHostSet(std::move(entries), spec_->settings->balancer, assignment_policy_,
                       main_.loop.now(), zones_);
  Show();
  if (other_hosts && outliers_ != nullptr) outliers_->SetHosts(hosts_->hosts);
  ShowSubsets(before->subsets.get());
  CountZones();
  const ClusterStats& stats = spec_->stats;
  if (other_hosts) stats.membership_change.Add(main_.stats);
  stats.membership_total.Set(main_.stats, static_cast<int64_t>(hosts_->hosts.size()));
  stats.membership_healthy.Set(main_.stats, hosts_->healthy);
  stats.membership_degraded.Set(main_.stats, hosts_->degraded);
  stats.membership_excluded.Set(main_.stats, hosts_->excluded);
  if (hosts_->warming) {
    if (warming_ == nullptr)
      warming_ = std::make_unique<Timer>(main_.loop, this, kMethod<&Cluster::Rebuild>);
    warming_->Arm(WarmingStep(spec_->settings->balancer.slow_start));
  }
  if (on_hosts_ != nullptr) on_hosts_();
}

void Cluster::CountZones() {
  if (zones_ == nullptr) return;
  const ClusterStats& stats = spec_->stats;
  stats.lb_recalculate_zone_structures.Add(main_.stats);
  switch (hosts_->zones) {
    case ZoneVerdict::kTooSmall:
      return stats.lb_zone_cluster_too_small.Add(main_.stats);
    case ZoneVerdict::kLocalNotOk:
      return stats.lb_local_cluster_not_ok.Add(main_.stats);
    case ZoneVerdict::kNoCapacity:
      return stats.lb_zone_no_capacity_left.Add(main_.stats);
    default:
      return;
  }
}

void Cluster::ShowSubsets(const SubsetIndex* before) {
  const SubsetIndex* const now = hosts_->subsets.get();
  if (before == nullptr && now == nullptr) return;
  const ClusterStats& stats = spec_->stats;
  stats.lb_subsets_active.Set(main_.stats, now == nullptr ? 0 : static_cast<int64_t>(now->count()));
  if (now != nullptr) stats.lb_subsets_created.Add(main_.stats, now->NotIn(before));
  if (before != nullptr) stats.lb_subsets_removed.Add(main_.stats, before->NotIn(now));
}

uint32_t Cluster::ejections(size_t index) const {
  return outliers_ == nullptr ? 0 : outliers_->ejections(*hosts_->hosts[index], index);
}

// When a host became fit for traffic is when its slow start begins.
void Cluster::NoteFitness(const std::vector<HostEntry>& entries) {
  if (spec_->settings->balancer.slow_start.window == Duration::zero()) return;
  absl::flat_hash_set<const Host*> unfit_before;
  for (size_t i = 0; i < hosts_->hosts.size(); ++i) {
    const HostFlags flags = hosts_->flags[i];
    if (HealthOf(flags) == HostHealth::kUnhealthy || flags.Has(HostFlag::kPendingActiveCheck))
      unfit_before.insert(hosts_->hosts[i].get());
  }
  for (const HostEntry& entry : entries) {
    Host& host = *entry.host;
    const bool is_new = host.fit_since == MonotonicTime::min();
    if (is_new || unfit_before.contains(&host)) host.fit_since = main_.loop.now();
  }
}

bool Cluster::OrderHost(absl::string_view address, HostOrder order) {
  bool found = false;
  for (const auto& host : hosts_->hosts) {
    if (host->address().text() != address && host->address_now().text() != address) continue;
    found = true;
    host->SetFlag(HostFlag::kDrainingByOperator, order == HostOrder::kDrain);
    host->SetFlag(HostFlag::kMaintenanceByOperator, order == HostOrder::kMaintenance);
    if (health_ != nullptr) health_->SetPaused(*host, order == HostOrder::kMaintenance);
  }
  if (found) OnHealthChange();
  return found;
}

void Cluster::OnHealthChange() {
  const MonotonicTime due = published_ + FlipPause(hosts_->hosts.size());
  if (main_.loop.now() >= due) return RebuildLater();
  if (flips_ == nullptr)
    flips_ = std::make_unique<Timer>(main_.loop, this, kMethod<&Cluster::RebuildLater>);
  if (!flips_->armed()) flips_->Arm(due - main_.loop.now());
}

void Cluster::KeepRemoved(std::vector<HostEntry>& entries) const {
  if (health_ == nullptr) return;
  // By address: one that is listed with other facts now is another Host, and takes its place.
  absl::flat_hash_set<Address> named;
  for (const HostEntry& entry : entries) {
    named.insert(entry.host->address());
    entry.host->SetFlag(HostFlag::kPendingRemoval, false);
  }
  for (size_t i = 0; i < hosts_->hosts.size(); ++i) {
    const std::shared_ptr<Host>& host = hosts_->hosts[i];
    if (named.contains(host->address()) || GoesAtOnce(host->flags()) || !health_->Keeps(*host)) {
      continue;
    }
    host->SetFlag(HostFlag::kPendingRemoval, true);
    entries.push_back({host, hosts_->traits[i]});
  }
}

}  // namespace sluice
