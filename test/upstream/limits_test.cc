// Limits that move with what goes on: retry budgets.
#include "gtest/gtest.h"
#include "source/upstream/circuit_breaker.h"
#include "test/upstream/settings_of.h"

namespace sluice {
namespace {

constexpr auto kDefault = RoutePriority::kDefault;
constexpr auto kRequests = BreakerResource::kRequests;
constexpr auto kPending = BreakerResource::kPendingRequests;
constexpr auto kRetries = BreakerResource::kRetries;

ClusterSpec Budgeted(double percent, uint32_t retries_min) {
  ClusterSpec spec;
  SettingsOf(spec).breakers[0].retries_max = 1000;
  SettingsOf(spec).breakers[0].retry_budget = RetryBudget{percent, retries_min};
  return spec;
}

TEST(RetryBudgets, AreAShareOfWhatIsActiveAndPending) {
  CircuitBreaker breaker(Budgeted(25, 0));
  EXPECT_EQ(breaker.limit(kDefault, kRetries), 0u);
  for (int i = 0; i < 6; ++i) breaker.Acquire(kDefault, kRequests);
  for (int i = 0; i < 2; ++i) breaker.Acquire(kDefault, kPending);
  EXPECT_EQ(breaker.remaining(kDefault, kRetries), 2u);
  EXPECT_TRUE(breaker.TryAcquire(kDefault, kRetries));
  EXPECT_TRUE(breaker.TryAcquire(kDefault, kRetries));
  EXPECT_FALSE(breaker.TryAcquire(kDefault, kRetries));
  EXPECT_TRUE(breaker.open(kDefault, kRetries));
}

TEST(RetryBudgets, LeaveSoManyInAnyCase) {
  CircuitBreaker breaker(Budgeted(0, 1));
  EXPECT_TRUE(breaker.TryAcquire(kDefault, kRetries));
  EXPECT_FALSE(breaker.TryAcquire(kDefault, kRetries));
}

TEST(RetryBudgets, DoNotGrowWithTunnels) {
  CircuitBreaker breaker(Budgeted(100, 0));
  breaker.Acquire(kDefault, kRequests);
  breaker.AddTunnel(kDefault, true);
  EXPECT_EQ(breaker.limit(kDefault, kRetries), 0u);
}

TEST(RetryBudgets, AreNotForTheOtherPriority) {
  CircuitBreaker breaker(Budgeted(0, 0));
  EXPECT_EQ(breaker.limit(RoutePriority::kHigh, kRetries), 3u);
}

}  // namespace
}  // namespace sluice
