// HostCheck: one health check of one host: asks, waits, and asks again. Main thread; its
// HealthChecker owns it and is told of every result.
#pragma once

#include <memory>
#include <string>

#include "source/event/timer.h"
#include "source/upstream/health/health_check_spec.h"
#include "source/upstream/health/health_state.h"
#include "source/upstream/health/probe.h"

namespace sluice {

class CheckedHost;
class HealthChecker;

class HostCheck final {
 public:
  // `owner` and what it belongs to outlive it.
  HostCheck(HealthChecker& checker, CheckedHost& owner, const ProbeTarget& target);

  void Start(Duration spread);  // the first probe, so much later than else
  // What the same check of the same host knows, by which this one goes on: not started yet.
  void Adopt(const HostCheck& other);
  // When that one would have asked next.
  void GoOnAfter(const HostCheck& other);
  // No probe until Resume, which asks at once.
  void Pause();
  void Resume();
  // An answer to a request asked for the host to be counted out.
  void TakePassive();

  // What the last probe came to.
  struct Last {
    std::string words;
    Duration latency{0};
    WallTime at{};
    bool passed = false;
  };
  const HealthCheckSpec& spec() const { return spec_; }
  const HealthState& state() const { return state_; }
  const Last& last() const { return last_; }

 private:
  void OnTimer();  // it is time to ask, or the answer has not come in time
  void Ask();
  void OnResult(ProbeResult result);
  void Take(const ProbeResult& result);

  HealthChecker& checker_;
  CheckedHost& owner_;
  WorkerContext& main_;
  const HealthCheckSpec& spec_;
  HealthState state_;
  HealthStep last_step_;
  std::unique_ptr<HealthProbe> probe_;
  Timer timer_;
  MonotonicTime asked_{};
  bool asking_ = false;
  Last last_;
};

}  // namespace sluice
