#include "source/upstream/circuit_breaker.h"

#include <memory>

#include "gtest/gtest.h"
#include "source/stats/registry.h"
#include "source/upstream/cluster_stats.h"
#include "test/upstream/settings_of.h"

namespace sluice {
namespace {

constexpr auto kDefault = RoutePriority::kDefault;
constexpr auto kHigh = RoutePriority::kHigh;
constexpr auto kRequests = BreakerResource::kRequests;
constexpr auto kConnections = BreakerResource::kConnections;

ClusterSpec SpecOf(uint32_t requests, uint32_t high_requests) {
  ClusterSpec spec;
  spec.stat_name = "users";
  SettingsOf(spec).breakers[0].requests_max = requests;
  SettingsOf(spec).breakers[1].requests_max = high_requests;
  return spec;
}

TEST(CircuitBreaker, GivesUpToTheLimitAndAgainAfterARelease) {
  CircuitBreaker breaker(SpecOf(2, 0));
  EXPECT_TRUE(breaker.TryAcquire(kDefault, kRequests));
  EXPECT_TRUE(breaker.TryAcquire(kDefault, kRequests));
  EXPECT_TRUE(breaker.open(kDefault, kRequests));
  EXPECT_FALSE(breaker.TryAcquire(kDefault, kRequests));
  EXPECT_EQ(breaker.in_use(kDefault, kRequests), 2u);
  breaker.Release(kDefault, kRequests);
  EXPECT_FALSE(breaker.open(kDefault, kRequests));
  EXPECT_TRUE(breaker.TryAcquire(kDefault, kRequests));
}

TEST(CircuitBreaker, PrioritiesAndResourcesAreCountedApart) {
  CircuitBreaker breaker(SpecOf(1, 1));
  EXPECT_TRUE(breaker.TryAcquire(kDefault, kRequests));
  EXPECT_TRUE(breaker.TryAcquire(kHigh, kRequests));
  EXPECT_TRUE(breaker.TryAcquire(kDefault, kConnections));
  EXPECT_FALSE(breaker.TryAcquire(kHigh, kRequests));
}

TEST(CircuitBreaker, ALimitOfZeroIsAlwaysOpen) {
  CircuitBreaker breaker(SpecOf(0, 1));
  EXPECT_TRUE(breaker.open(kDefault, kRequests));
  EXPECT_FALSE(breaker.TryAcquire(kDefault, kRequests));
}

TEST(CircuitBreaker, AcquireGoesPastTheLimit) {
  CircuitBreaker breaker(SpecOf(1, 1));
  breaker.Acquire(kDefault, kRequests);
  breaker.Acquire(kDefault, kRequests);
  EXPECT_EQ(breaker.remaining(kDefault, kRequests), 0u);
  EXPECT_FALSE(breaker.TryAcquire(kDefault, kRequests));
  breaker.Release(kDefault, kRequests, 2);
  EXPECT_EQ(breaker.remaining(kDefault, kRequests), 1u);
}

TEST(CircuitBreaker, ItsGaugesSayWhatIsOpenAndWhatRemains) {
  ClusterSpec spec = SpecOf(2, 1);
  SettingsOf(spec).breakers[0].track_remaining = true;
  auto breaker = std::make_shared<CircuitBreaker>(spec);
  StatsRegistry stats;
  const BreakerStats held = MakeBreakerStats(stats, spec, breaker);
  const auto value = [&](const char* name) {
    return stats.Value(absl::StrCat("cluster.users.circuit_breakers.", name));
  };
  EXPECT_EQ(value("default.rq_open"), 0);
  EXPECT_EQ(value("default.remaining_rq"), 2);
  EXPECT_EQ(value("default.remaining_cx"), 1024);
  EXPECT_EQ(value("high.remaining_rq"), 0);  // not tracked
  breaker->Acquire(kDefault, kRequests);
  EXPECT_EQ(value("default.remaining_rq"), 1);
  breaker->Acquire(kDefault, kRequests);
  breaker->Acquire(kHigh, kRequests);
  EXPECT_EQ(value("default.rq_open"), 1);
  EXPECT_EQ(value("high.rq_open"), 1);
  EXPECT_EQ(value("default.cx_open"), 0);
}

TEST(CircuitBreaker, UpgradesHaveALimitOfTheirOwn) {
  ClusterSpec spec = SpecOf(0, 0);
  SettingsOf(spec).breakers[0].upgrades_max = 2;
  SettingsOf(spec).breakers[0].track_remaining = true;
  auto breaker = std::make_shared<CircuitBreaker>(spec);
  StatsRegistry stats;
  const BreakerStats held = MakeBreakerStats(stats, spec, breaker);
  const auto value = [&](const char* name) {
    return stats.Value(absl::StrCat("cluster.users.", name));
  };
  constexpr auto kUpgrades = BreakerResource::kUpgrades;
  EXPECT_TRUE(breaker->TryAcquire(kDefault, kUpgrades));
  EXPECT_EQ(value("circuit_breakers.default.remaining_upgrades"), 1);
  EXPECT_EQ(value("circuit_breakers.default.upgrades_open"), 0);
  EXPECT_TRUE(breaker->TryAcquire(kDefault, kUpgrades));
  breaker->AddTunnel(kDefault, true);
  EXPECT_FALSE(breaker->TryAcquire(kDefault, kUpgrades)) << "tunnels do not raise this one";
  EXPECT_TRUE(breaker->TryAcquire(kHigh, kUpgrades));
  EXPECT_EQ(value("circuit_breakers.default.upgrades_open"), 1);
  EXPECT_EQ(value("upstream_cx_upgrades_active"), 3);
}

}  // namespace
}  // namespace sluice
