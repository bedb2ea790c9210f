// HealthState: what one health check knows of one host: whether it passes, and when to ask again.
// Envoy's rules. Pure: results come in, flips and waits come out; no clock, no I/O.
//
// A host fails until its first pass. One pass suffices as the very first result, and one answer
// that says no suffices at any time; else results of one kind are counted up to their threshold.
#pragma once

#include <cstdint>
#include <string>

#include "source/base/random.h"
#include "source/base/units.h"

namespace sluice {

// When to probe, and how many results of one kind it takes. See HealthCheck of Envoy's API.
struct HealthRules {
  Duration timeout = std::chrono::seconds(1);
  Duration interval = std::chrono::seconds(5);
  Duration no_traffic_interval = std::chrono::seconds(60);
  Duration no_traffic_healthy_interval = std::chrono::seconds(60);
  Duration unhealthy_interval = std::chrono::seconds(5);
  Duration unhealthy_edge_interval = std::chrono::seconds(5);
  Duration healthy_edge_interval = std::chrono::seconds(5);
  Duration initial_jitter{0};
  Duration interval_jitter{0};
  uint32_t interval_jitter_percent = 0;
  uint32_t unhealthy_threshold = 1;
  uint32_t healthy_threshold = 1;
};

enum class ProbeVerdict : uint8_t {
  kPass,
  kDegraded,  // passes, and says that others should be asked first
  kFail,      // an answer that says no: one suffices
  kExcluded,  // so, too, and the host wants to be counted out (x-envoy-immediate-health-check-fail)
  kRetriable,  // an answer that says no, of a kind that counts to the threshold
  kNetwork,    // no connection, or an answer that broke off
  kTimeout,
  kPassive,  // not a probe's: an answer to a request asked to be counted out
};
constexpr bool Passes(ProbeVerdict verdict) { return verdict <= ProbeVerdict::kDegraded; }

// What a probe came to.
struct ProbeResult {
  ProbeVerdict verdict;
  std::string words;  // for operators: "status 400, expected 200"
};

// What a result has changed.
struct HealthStep {
  enum class Change : uint8_t {
    kNone,
    kPending,  // counted; the threshold is not reached
    kFlipped,
  };
  Change change = Change::kNone;
  bool was_first = false;
  bool health_changed = false;  // failing began, or ended
  // Degraded began, or ended.
  bool degraded_changed = false;
};

enum class Traffic : uint8_t { kNever, kSeen };  // of the cluster, so far

class HealthState {
 public:
  explicit HealthState(const HealthRules& rules) : rules_(rules) {}  // outlive it

  HealthStep Take(ProbeVerdict verdict);
  // What another one knows; the rules stay.
  void Adopt(const HealthState& other);

  bool failing() const { return failing_; }
  bool degraded() const { return degraded_; }
  bool excluded() const { return excluded_; }    // failing, and asked to be counted out
  bool timed_out() const { return timed_out_; }  // failing, and the last answer did not come
  bool checked() const { return checked_; }      // any result has come

  // Until the next probe, of which `step` is what the last one has changed.
  Duration NextWait(const HealthStep& step, Traffic traffic, Random& random) const;
  // Until the first.
  Duration FirstWait(Random& random) const;

 private:
  void TakePass(ProbeVerdict verdict, HealthStep& step);
  void TakeFailure(ProbeVerdict verdict, HealthStep& step);
  Duration Interval(const HealthStep& step, Traffic traffic) const;

  const HealthRules& rules_;
  uint32_t passes_ = 0;    // in a row, while failing
  uint32_t failures_ = 0;  // in a row, while not
  bool last_passed_ = false;
  bool failing_ = true;
  bool degraded_ = false;
  bool excluded_ = false;
  bool timed_out_ = false;
  bool checked_ = false;
};

}  // namespace sluice
