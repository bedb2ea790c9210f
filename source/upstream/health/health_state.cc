#include "source/upstream/health/health_state.h"

#include <algorithm>

namespace sluice {
namespace {

using Change = HealthStep::Change;

Duration UpTo(Duration most, Random& random) {
  if (most <= Duration::zero()) return Duration::zero();
  return Duration(random.Below(static_cast<uint64_t>(most.count())));
}

// Both jitters and the interval are added to the time, and the sum must fit.
constexpr Duration kJitterMax = std::chrono::hours(24 * 365 * 10);

Duration PercentOf(Duration whole, uint32_t percent) {
  const auto part = static_cast<unsigned __int128>(whole.count()) * percent / 100;
  constexpr auto kMost = static_cast<unsigned __int128>(kJitterMax.count());
  return Duration(static_cast<Duration::rep>(std::min(part, kMost)));
}

}  // namespace

void HealthState::Adopt(const HealthState& other) {
  passes_ = other.passes_;
  failures_ = other.failures_;
  last_passed_ = other.last_passed_;
  failing_ = other.failing_;
  degraded_ = other.degraded_;
  excluded_ = other.excluded_;
  timed_out_ = other.timed_out_;
  checked_ = other.checked_;
}

HealthStep HealthState::Take(ProbeVerdict verdict) {
  HealthStep step;
  step.was_first = !checked_;
  last_passed_ = Passes(verdict);
  last_passed_ ? TakePass(verdict, step) : TakeFailure(verdict, step);
  checked_ = true;
  return step;
}

void HealthState::TakePass(ProbeVerdict verdict, HealthStep& step) {
  failures_ = 0;
  if (failing_) {
    const bool enough = step.was_first || ++passes_ >= rules_.healthy_threshold;
    step.change = enough ? Change::kFlipped : Change::kPending;
    step.health_changed = enough;
    if (enough) failing_ = excluded_ = timed_out_ = false;
  }
  const bool degraded = verdict == ProbeVerdict::kDegraded;
  step.degraded_changed = degraded != degraded_;
  degraded_ = degraded;
  if (step.degraded_changed && step.change == Change::kNone) step.change = Change::kFlipped;
}

void HealthState::TakeFailure(ProbeVerdict verdict, HealthStep& step) {
  passes_ = 0;
  const bool at_once = verdict == ProbeVerdict::kFail || verdict == ProbeVerdict::kExcluded ||
                       verdict == ProbeVerdict::kPassive;
  if (!failing_) {
    const bool enough = at_once || ++failures_ >= rules_.unhealthy_threshold;
    step.change = enough ? Change::kFlipped : Change::kPending;
    failing_ = step.health_changed = enough;
  }
  if (!failing_) return;
  timed_out_ = verdict == ProbeVerdict::kTimeout;
  if (verdict == ProbeVerdict::kExcluded || verdict == ProbeVerdict::kPassive) excluded_ = true;
}

Duration HealthState::Interval(const HealthStep& step, Traffic traffic) const {
  if (traffic == Traffic::kNever) {
    const bool healthy = last_passed_ && step.change != Change::kPending;
    return healthy ? rules_.no_traffic_healthy_interval : rules_.no_traffic_interval;
  }
  // What is about to flip, or has just flipped, is looked at again sooner or later than the rest.
  const bool edge = step.change != Change::kNone;
  if (last_passed_) return edge ? rules_.healthy_edge_interval : rules_.interval;
  return edge ? rules_.unhealthy_edge_interval : rules_.unhealthy_interval;
}

Duration HealthState::NextWait(const HealthStep& step, Traffic traffic, Random& random) const {
  const Duration wait = Interval(step, traffic);
  return std::max<Duration>(wait + UpTo(PercentOf(wait, rules_.interval_jitter_percent), random) +
                                UpTo(std::min(rules_.interval_jitter, kJitterMax), random),
                            std::chrono::milliseconds(1));
}

Duration HealthState::FirstWait(Random& random) const {
  return UpTo(rules_.initial_jitter, random);
}

}  // namespace sluice
