// The wait for the next probe overflowed where interval and jitter were very long: the next probe
// came at once, and the next.
#include "gtest/gtest.h"
#include "source/base/random.h"
#include "source/upstream/health/health_state.h"

namespace sluice {
namespace {

TEST(JitterOverflowRegression, TheNextProbeIsNeverTooSoon) {
  constexpr Duration kCentury = std::chrono::hours(24 * 365 * 100);
  FastRandom random(1);
  for (const Duration interval : {Duration(std::chrono::seconds(215)), kCentury}) {
    for (const uint32_t percent : {0u, 100u, 4294967295u}) {
      HealthRules rules{.interval_jitter = kCentury, .interval_jitter_percent = percent};
      rules.interval = rules.healthy_edge_interval = interval;
      HealthState state(rules);
      const HealthStep step = state.Take(ProbeVerdict::kPass);
      for (int i = 0; i < 10'000; ++i) {
        const Duration wait = state.NextWait(step, Traffic::kSeen, random);
        ASSERT_GE(wait, interval);
        ASSERT_LT(wait, interval + kCentury / 2) << "it is added to the time";
      }
    }
  }
}

}  // namespace
}  // namespace sluice
