#include "source/upstream/health/health_checker.h"

#include <algorithm>
#include <utility>

#include "source/base/log.h"
#include "source/upstream/health/health_event.h"

namespace sluice {
namespace {

// Of the hosts that come in one turn so many are asked at once, and the others one after the other
// at this pace, all within the interval: a thousand connects in one turn would hold up all else on
// the main thread, and would come again together with every interval.
constexpr size_t kAtOnceMax = 64;
constexpr Duration kPace = std::chrono::microseconds(250);

bool Disabled(const Host& host) {
  const ProbePlace* const place = host.facts().probe.get();
  return place != nullptr && place->disabled;
}

// Word for word, and over the same kind of connection.
bool SameChecks(const ClusterSpec& a, const ClusterSpec& b) {
  if (a.health_checks.size() != b.health_checks.size()) return false;
  if (a.hashes.connections != b.hashes.connections) return false;
  return a.health_checks == b.health_checks ||
         (a.hashes.health_checks != 0 && a.hashes.health_checks == b.hashes.health_checks);
}

void ForgetChecks(Host& host) {
  for (const HostFlag flag :
       {HostFlag::kFailedActiveCheck, HostFlag::kPendingActiveCheck,
        HostFlag::kDegradedByActiveCheck, HostFlag::kExcludedByImmediateFailure,
        HostFlag::kActiveCheckTimeout, HostFlag::kPendingRemoval}) {
    host.SetFlag(flag, false);
  }
}

template <class Is>
bool Any(const CheckedHost& host, Is is) {
  return std::any_of(host.checks.begin(), host.checks.end(),
                     [&](const auto& check) { return is(check->state()); });
}

}  // namespace

bool CheckedHost::failing() const {
  return Any(*this, [](const HealthState& state) { return state.failing(); });
}

bool CheckedHost::degraded() const {
  return Any(*this, [](const HealthState& state) { return state.degraded(); });
}

bool CheckedHost::checked() const {
  return !Any(*this, [](const HealthState& state) { return !state.checked(); });
}

HealthChecker::HealthChecker(Parts parts)
    : main_(parts.main),
      network_(parts.network),
      stats_(parts.stats),
      spec_(std::move(parts.spec)),
      reports_(std::move(parts.reports)),
      on_change_(std::move(parts.on_change)),
      waits_(parts.waits),
      predecessor_(parts.predecessor) {
  if (!waits_) reports_->Set(this);
}

HealthChecker::~HealthChecker() {
  if (reports_->checker == this) reports_->Set(nullptr);
  SetHosts({});
}

void HealthChecker::TakeOver() {
  for (const auto& [host, checked] : hosts_) {
    if (checked->borrowed) GiveBack(*checked);
    if (host->flags().Has(HostFlag::kMaintenanceByOperator)) SetPaused(*host, true);
  }
  waits_ = false;
  predecessor_ = nullptr;
  reports_->Set(this);
  for (const auto& [host, checked] : hosts_) ShowFlags(*checked);
}

void HealthChecker::TakeBack(const HealthChecker* next) const {
  for (const auto& [host, checked] : hosts_) {
    if (next == nullptr || !next->hosts_.contains(host)) ForgetChecks(*checked->host);
  }
}

// From now on its checks are this one's own.
void HealthChecker::GiveBack(CheckedHost& checked) {
  const CheckedHost* const before = Before(*checked.host);
  for (size_t i = 0; i < checked.checks.size(); ++i) {
    HostCheck& check = *checked.checks[i];
    if (before == nullptr) {  // it has gone there meanwhile
      check.Start(Duration::zero());
    } else {
      check.Adopt(*before->checks[i]);
      check.GoOnAfter(*before->checks[i]);
    }
  }
  ShowFlags(checked);
  checked.borrowed = false;
  if (before != nullptr) checked.since = before->since;
}

void HealthChecker::SetHosts(const std::vector<HostEntry>& entries) {
  ++round_;
  size_t added = 0;
  for (const HostEntry& entry : entries) {
    const std::shared_ptr<Host>& host = entry.host;
    const auto at = hosts_.find(host.get());
    if (at != hosts_.end()) {
      at->second->round = round_;
      at->second->locality = entry.traits.locality;
    } else if (!Disabled(*host)) {
      CheckedHost& checked = Add(host);
      checked.locality = entry.traits.locality;
      if (checked.borrowed) continue;
      const size_t late = ++added <= kAtOnceMax ? 0 : added - kAtOnceMax;
      for (const auto& check : checked.checks) {
        check->Start(std::min<Duration>(kPace * late, check->spec().rules.interval));
      }
    }
  }
  for (auto at = hosts_.begin(); at != hosts_.end();) {
    const CheckedHost& host = *at->second;
    if (host.round == round_) {
      ++at;
      continue;
    }
    healthy_ -= !host.was_failing;
    degraded_ -= host.was_degraded;
    awaited_ -= host.awaited();
    hosts_.erase(at++);
  }
  ShowGauges();
}

CheckedHost& HealthChecker::Add(const std::shared_ptr<Host>& host) {
  auto& checked = hosts_[host.get()];
  checked = std::make_unique<CheckedHost>(host, main_.loop.wall_now());
  checked->round = round_;
  for (const auto& check : spec_->health_checks) {
    const ProbeTarget target{main_, network_, spec_, *check, host};
    checked->checks.push_back(std::make_unique<HostCheck>(*this, *checked, target));
  }
  const CheckedHost* const before = Before(*host);
  checked->borrowed = before != nullptr && before->checked();
  for (size_t i = 0; checked->borrowed && i < checked->checks.size(); ++i) {
    checked->checks[i]->Adopt(*before->checks[i]);
  }
  awaited_ += checked->awaited();
  if (!waits_) host->SetFlag(HostFlag::kFailedActiveCheck, true);
  ShowFlags(*checked);
  return *checked;
}

const CheckedHost* HealthChecker::Before(const Host& host) const {
  if (predecessor_ == nullptr || !SameChecks(*spec_, *predecessor_->spec_)) return nullptr;
  return predecessor_->Find(host);
}

bool HealthChecker::Keeps(const Host& host) const {
  const CheckedHost* const checked = Find(host);
  return checked != nullptr && !checked->failing() &&
         !spec_->settings->ignore_health_on_host_removal;
}

const CheckedHost* HealthChecker::Find(const Host& host) const {
  const auto at = hosts_.find(&host);
  return at == hosts_.end() ? nullptr : at->second.get();
}

void HealthChecker::SetPaused(const Host& host, bool paused) {
  const auto at = hosts_.find(&host);
  if (at == hosts_.end()) return;
  CheckedHost& checked = *at->second;
  awaited_ -= checked.awaited();
  checked.paused = paused;
  awaited_ += checked.awaited();
  for (const auto& check : checked.checks) paused ? check->Pause() : check->Resume();
}

void HealthChecker::CountOut(const Host& host) {
  const CheckedHost* const checked = Find(host);
  if (checked == nullptr) return;
  for (const auto& check : checked->checks) check->TakePassive();
}

// That there was some is never forgotten.
Traffic HealthChecker::traffic() {
  if (traffic_ == Traffic::kNever && stats_.Value(spec_->stats.cx_total) > 0) {
    traffic_ = Traffic::kSeen;
  }
  return traffic_;
}

void HealthChecker::OnResult(CheckedHost& host, HostCheck& check, const ProbeResult& result,
                             const HealthStep& step) {
  CountResult(result);
  LogResult(host, check, result.verdict, step);
  const bool settled_before = settled();
  awaited_ -= step.was_first && host.checked() && !host.paused;
  const bool changed = ShowFlags(host);
  if (on_pass_ && Passes(result.verdict) && !host.failing()) on_pass_(*host.host);
  if (changed) {
    SLUICE_LOG(kHc, kDebug, "cluster ", spec_->name, ": ", host.host->address().text(),
               host.failing() ? " is unhealthy: " : " is healthy: ", result.words);
    ShowGauges();
  }
  if (changed || settled() != settled_before) on_change_();
}

void HealthChecker::CountResult(const ProbeResult& result) {
  const HealthStats& stats = *spec_->health_stats;
  if (Passes(result.verdict)) return stats.success.Add(main_.stats);
  stats.failure.Add(main_.stats);
  switch (result.verdict) {
    case ProbeVerdict::kNetwork:
    case ProbeVerdict::kTimeout:
      return stats.network_failure.Add(main_.stats);
    case ProbeVerdict::kPassive:
      return stats.passive_failure.Add(main_.stats);
    default:
      return;
  }
}

// Which events there are, and when, is Envoy's.
void HealthChecker::LogResult(const CheckedHost& checked, const HostCheck& check,
                              ProbeVerdict verdict, const HealthStep& step) {
  const HealthCheckSpec& spec = check.spec();
  if (spec.event_logs.empty()) return;
  const Locality locality = checked.locality == nullptr ? Locality() : checked.locality->locality;
  const auto log = [&](HealthEvent event) {
    const std::string line = HealthEventLine(event, spec_->name, spec, *checked.host, locality,
                                             verdict, step.was_first, main_.loop.wall_now());
    for (LogSink* const sink : spec.event_logs) sink->Write(main_.index, line);
  };
  const bool passed = Passes(verdict);
  if (step.health_changed) log(passed ? HealthEvent::kAdd : HealthEvent::kEject);
  if (passed && spec.log_all_successes) log(HealthEvent::kSuccess);
  if (!passed && (step.was_first || spec.log_all_failures)) log(HealthEvent::kFailure);
  if (step.degraded_changed) {
    log(check.state().degraded() ? HealthEvent::kDegraded : HealthEvent::kNoLongerDegraded);
  }
}

bool HealthChecker::ShowFlags(CheckedHost& checked) {
  Host& host = *checked.host;
  const HostFlags before = host.flags();
  const bool failing = checked.failing(), degraded = checked.degraded();
  if (checked.was_failing != failing && !checked.borrowed) checked.since = main_.loop.wall_now();
  healthy_ += checked.was_failing - failing;
  degraded_ += degraded - checked.was_degraded;
  checked.was_failing = failing;
  checked.was_degraded = degraded;
  if (waits_) return false;
  host.SetFlag(HostFlag::kFailedActiveCheck, failing);
  host.SetFlag(HostFlag::kPendingActiveCheck, !checked.checked());
  host.SetFlag(HostFlag::kDegradedByActiveCheck, degraded);
  host.SetFlag(HostFlag::kExcludedByImmediateFailure,
               Any(checked, [](const HealthState& state) { return state.excluded(); }));
  host.SetFlag(HostFlag::kActiveCheckTimeout,
               Any(checked, [](const HealthState& state) { return state.timed_out(); }));
  return host.flags() != before;
}

void HealthChecker::ShowGauges() {
  if (waits_) return;
  spec_->health_stats->healthy.Set(main_.stats, healthy_);
  spec_->health_stats->degraded.Set(main_.stats, degraded_);
}

}  // namespace sluice
