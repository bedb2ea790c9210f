#include "source/upstream/health/host_check.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "source/upstream/health/health_checker.h"

namespace sluice {
namespace {

// "1.5 s".
std::string SecondsText(Duration duration) {
  return absl::StrCat(std::chrono::duration<double>(duration).count(), " s");
}

}  // namespace

HostCheck::HostCheck(HealthChecker& checker, CheckedHost& owner, const ProbeTarget& target)
    : checker_(checker),
      owner_(owner),
      main_(target.main),
      spec_(target.check),
      state_(target.check.rules),
      probe_(MakeProbe(target, [this](ProbeResult result) { OnResult(std::move(result)); })),
      timer_(target.main.loop, this, kMethod<&HostCheck::OnTimer>) {}

void HostCheck::Start(Duration spread) { timer_.Arm(spread + state_.FirstWait(main_.random)); }

void HostCheck::Adopt(const HostCheck& other) {
  state_.Adopt(other.state_);
  last_step_ = other.last_step_;
  last_ = other.last_;
}

void HostCheck::GoOnAfter(const HostCheck& other) {
  if (!other.timer_.armed()) return;  // paused
  const Duration wait =
      other.asking_ ? Duration::zero() : other.timer_.deadline() - main_.loop.now();
  timer_.Arm(std::max(wait, Duration::zero()));
}

void HostCheck::Pause() {
  timer_.Disarm();
  if (std::exchange(asking_, false)) probe_->Stop();
}

void HostCheck::Resume() {
  if (!asking_) timer_.Arm(Duration::zero());
}

void HostCheck::OnTimer() {
  if (!asking_) return Ask();
  probe_->Stop();
  OnResult({ProbeVerdict::kTimeout,
            absl::StrCat("no answer within ", SecondsText(spec_.rules.timeout))});
}

void HostCheck::Ask() {
  asking_ = true;
  asked_ = main_.loop.now();
  checker_.CountAttempt();
  timer_.Arm(spec_.rules.timeout);
  probe_->Start();
}

void HostCheck::OnResult(ProbeResult result) {
  if (!std::exchange(asking_, false)) return;
  last_.latency = main_.loop.now() - asked_;
  Take(result);
  timer_.Arm(state_.NextWait(last_step_, checker_.traffic(), main_.random));
}

// The probe under way, and the wait for the next, go on.
void HostCheck::TakePassive() {
  last_.latency = Duration::zero();
  Take({ProbeVerdict::kPassive, "an answer had x-envoy-immediate-health-check-fail"});
}

void HostCheck::Take(const ProbeResult& result) {
  last_.words = result.words;
  last_.passed = Passes(result.verdict);
  last_.at = main_.loop.wall_now();
  last_step_ = state_.Take(result.verdict);
  checker_.OnResult(owner_, *this, result, last_step_);
}

}  // namespace sluice
