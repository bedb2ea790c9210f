// Active health checks of whole clusters on the main thread: warming, flags, hosts that come and
// go, how probes are spread over time.
#include "source/upstream/health/health_checker.h"

#include "gtest/gtest.h"
#include "test/upstream/health/health_checker_fixture.h"
#include "test/upstream/settings_of.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// ---- Warming.

TEST_F(HealthCheckerTest, AClusterIsReadyWhenEveryHostHasAnsweredOnce) {
  Answer(1, 200);
  Answer(2, 503);
  Set(Static(2));
  EXPECT_TRUE(users().ready());
  EXPECT_EQ(Hosts(), "10.0.0.1 ok, 10.0.0.2 failed");
  EXPECT_EQ(Stat("membership_healthy"), 1);
}

TEST_F(HealthCheckerTest, UntilThenItIsNotAndItsHostsHaveFailed) {
  Answer(1, 200);
  world_.memory().shape(TestAddress(2)).black_hole = true;
  Set(Static(2));
  EXPECT_FALSE(users().ready());
  EXPECT_EQ(Hosts(), "10.0.0.1 ok, 10.0.0.2 failed");
  EXPECT_TRUE(host(1).flags().Has(HostFlag::kPendingActiveCheck));
  world_.Advance(seconds(1));  // the timeout
  EXPECT_TRUE(users().ready());
  EXPECT_FALSE(host(1).flags().Has(HostFlag::kPendingActiveCheck));
  EXPECT_TRUE(host(1).flags().Has(HostFlag::kActiveCheckTimeout));
  EXPECT_EQ(Words(1), "no answer within 1 s");
}

TEST_F(HealthCheckerTest, HostsThatAreNotToBeCheckedAreHealthyAndNobodyWaitsForThem) {
  auto spec = Static(1);
  spec->endpoints[0].facts.probe = ProbePlaceRef({.disabled = true});
  Set(std::move(spec));
  EXPECT_TRUE(users().ready());
  EXPECT_EQ(Hosts(), "10.0.0.1 ok");
  EXPECT_EQ(Stat("health_check.attempt"), 0);
}

// ---- Thresholds on a running cluster.

TEST_F(HealthCheckerTest, AHostThatStopsAnsweringFailsAtTheThresholdAndComesBackAtTheOther) {
  Answer(1, 200);
  Set(Static(1));
  hosts_[1]->SetOnRequest([](const H1Message&) { return H1Answer{}; });  // silence
  world_.Advance(seconds(6));
  EXPECT_EQ(Hosts(), "10.0.0.1 ok");
  EXPECT_EQ(Words(0), "no answer within 1 s");
  world_.Advance(seconds(6));
  EXPECT_EQ(Hosts(), "10.0.0.1 failed");
  hosts_[1]->SetOnRequest([](const H1Message&) { return H1Answer::Of(200); });
  world_.Advance(seconds(5));
  EXPECT_EQ(Hosts(), "10.0.0.1 failed");
  world_.Advance(seconds(5));
  EXPECT_EQ(Hosts(), "10.0.0.1 ok");
  EXPECT_EQ(Words(0), "status 200");
}

TEST_F(HealthCheckerTest, AnUnexpectedStatusFailsAtOnce) {
  Answer(1, 200);
  Set(Static(1));
  hosts_[1]->SetOnRequest([](const H1Message&) { return H1Answer::Of(500); });
  world_.Advance(seconds(5));
  EXPECT_EQ(Hosts(), "10.0.0.1 failed");
}

TEST_F(HealthCheckerTest, ItIsCounted) {
  Answer(1, 200);
  Set(Static(2));
  EXPECT_EQ(Stat("health_check.attempt"), 2);
  EXPECT_EQ(Stat("health_check.success"), 1);
  EXPECT_EQ(Stat("health_check.failure"), 1);
  EXPECT_EQ(Stat("health_check.network_failure"), 1);
  EXPECT_EQ(Stat("health_check.passive_failure"), 0);
  EXPECT_EQ(Stat("health_check.healthy"), 1);
  EXPECT_EQ(Stat("health_check.degraded"), 0);
  clusters_->Remove("users");
  EXPECT_EQ(Stat("health_check.healthy"), 0);
}

TEST_F(HealthCheckerTest, ADegradedHostIsHealthyAndDegraded) {
  Answer(1, 200);
  hosts_[1]->SetOnRequest(
      [](const H1Message&) { return H1Answer::Of(200, "", {"x-envoy-degraded: 1"}); });
  Set(Static(1));
  EXPECT_EQ(host(0).health(), HostHealth::kDegraded);
  EXPECT_EQ(Stat("health_check.degraded"), 1);
}

TEST_F(HealthCheckerTest, AHostThatAsksToBeCountedOutIsUntilItPasses) {
  Answer(1, 200);
  hosts_[1]->SetOnRequest([](const H1Message&) {
    return H1Answer::Of(503, "", {"x-envoy-immediate-health-check-fail: true"});
  });
  Set(Static(1));
  EXPECT_TRUE(host(0).flags().Has(HostFlag::kExcludedByImmediateFailure));
  Answer(1, 200);
  world_.Advance(seconds(11));
  EXPECT_FALSE(host(0).flags().Has(HostFlag::kExcludedByImmediateFailure));
  EXPECT_EQ(host(0).health(), HostHealth::kHealthy);
}

TEST_F(HealthCheckerTest, OfSeveralChecksAllHaveToPass) {
  HealthCheckSpec& second = Check();
  second.rules = checks_[0]->rules;
  second.probe.emplace<HttpProbeSpec>().path = "/second";
  Answer(1, 200);
  bool second_passes = true;
  hosts_[1]->SetOnRequest([&second_passes](const H1Message& request) {
    return H1Answer::Of(request.path() == "/" || second_passes ? 200 : 500);
  });
  Set(Static(1));
  EXPECT_EQ(Hosts(), "10.0.0.1 ok");
  second_passes = false;
  world_.Advance(seconds(5));
  EXPECT_EQ(Hosts(), "10.0.0.1 failed");
  EXPECT_EQ(Words(0), "status 200");
}

TEST_F(HealthCheckerTest, FlipsOfOneTurnAreOneChangeForTheWorkers) {
  for (int n = 1; n <= 10; ++n) Answer(n, 200);
  Set(Static(10));
  EXPECT_EQ(Stat("health_check.healthy"), 10);
  EXPECT_EQ(Stat("membership_healthy"), 10);
  EXPECT_EQ(Stat("membership_change"), 1);  // flips are none
}

// ---- Traffic.

TEST_F(HealthCheckerTest, WithoutTrafficHostsAreAskedAtTheNoTrafficInterval) {
  checks_[0]->rules.no_traffic_interval = checks_[0]->rules.no_traffic_healthy_interval =
      seconds(60);
  Answer(1, 200);
  auto spec = Static(1);
  const ClusterStats stats = spec->stats;
  Set(std::move(spec));
  world_.Advance(seconds(59));
  EXPECT_EQ(Stat("health_check.attempt"), 1);
  stats.cx_total.Add(world_.worker().stats);  // a request has come
  world_.Advance(seconds(1));
  EXPECT_EQ(Stat("health_check.attempt"), 2);
  world_.Advance(seconds(10));
  EXPECT_EQ(Stat("health_check.attempt"), 4);
}

// ---- Hosts that come and go.

TEST_F(HealthCheckerTest, AHostThatStaysGoesOnAsItWas) {
  resolver_.Say("users.test", {"10.0.0.1"});
  Answer(1, 200);
  Answer(2, 200);
  Set(Dns());
  const Host* const first = &host(0);
  resolver_.Say("users.test", {"10.0.0.1", "10.0.0.2"});
  world_.Advance(seconds(5));
  EXPECT_EQ(Hosts(), "10.0.0.1 ok, 10.0.0.2 ok");
  EXPECT_EQ(&host(0), first);
  // One at the start, one each five seconds, and the new one's.
  EXPECT_EQ(Stat("health_check.attempt"), 3);
}

TEST_F(HealthCheckerTest, AHostThatDiscoveryDropsStaysWhileItPasses) {
  resolver_.Say("users.test", {"10.0.0.1", "10.0.0.2"});
  Answer(1, 200);
  Answer(2, 200);
  Set(Dns());
  resolver_.Say("users.test", {"10.0.0.1"});
  world_.Advance(seconds(5));
  EXPECT_EQ(Hosts(), "10.0.0.1 ok, 10.0.0.2 ok");
  EXPECT_TRUE(host(1).flags().Has(HostFlag::kPendingRemoval));
  EXPECT_EQ(host(1).health(), HostHealth::kHealthy);
  hosts_[2]->SetOnRequest([](const H1Message&) { return H1Answer::Of(500); });
  world_.Advance(seconds(5));
  EXPECT_EQ(Hosts(), "10.0.0.1 ok");
}

TEST_F(HealthCheckerTest, OneThatDiscoveryHadCalledIllGoesAtOnce) {
  Answer(1, 200);
  Answer(2, 200);
  auto spec = Static(2);
  spec->endpoints[1].flags = {HostFlag::kDrainingByDiscovery};
  Set(spec);
  clusters_->SetEndpoints("users", {spec->endpoints[0]});
  world_.RunUntilIdle();
  EXPECT_EQ(Hosts(), "10.0.0.1 ok");
}

TEST_F(HealthCheckerTest, SoDoesOneInMaintenanceForNobodyAsksIt) {
  Answer(1, 200);
  Answer(2, 200);
  Set(Static(2));
  clusters_->OrderHost("users", "10.0.0.2:80", HostOrder::kMaintenance);
  clusters_->SetEndpoints("users", Static(1)->endpoints);
  world_.RunUntilIdle();
  EXPECT_EQ(Hosts(), "10.0.0.1 ok");
}

TEST_F(HealthCheckerTest, OneThatIsListedWithOtherFactsIsThereOnce) {
  Answer(1, 200);
  auto spec = Static(1);
  Set(spec);
  spec->endpoints[0].facts.hostname = "other";
  clusters_->SetEndpoints("users", spec->endpoints);
  world_.RunUntilIdle();
  EXPECT_EQ(Hosts(), "10.0.0.1 ok");
  EXPECT_EQ(host(0).facts().hostname, "other");
}

TEST_F(HealthCheckerTest, NobodyWaitsForAHostInMaintenance) {
  world_.memory().shape(TestAddress(1)).black_hole = true;
  Set(Static(1));
  EXPECT_FALSE(users().ready());
  clusters_->OrderHost("users", "10.0.0.1:80", HostOrder::kMaintenance);
  world_.RunUntilIdle();
  EXPECT_TRUE(users().ready());
}

TEST_F(HealthCheckerTest, AHostThatComesBackIsNoLongerOnItsWayOut) {
  resolver_.Say("users.test", {"10.0.0.1", "10.0.0.2"});
  Answer(1, 200);
  Answer(2, 200);
  Set(Dns());
  const Host* const second = &host(1);
  resolver_.Say("users.test", {"10.0.0.1"});
  world_.Advance(seconds(5));
  resolver_.Say("users.test", {"10.0.0.1", "10.0.0.2"});
  world_.Advance(seconds(5));
  EXPECT_EQ(&host(1), second);
  EXPECT_FALSE(host(1).flags().Has(HostFlag::kPendingRemoval));
}

TEST_F(HealthCheckerTest, AHostThatFailsGoesWhenDiscoveryDropsIt) {
  resolver_.Say("users.test", {"10.0.0.1", "10.0.0.2"});
  Answer(1, 200);
  Set(Dns());
  resolver_.Say("users.test", {"10.0.0.1"});
  world_.Advance(seconds(5));
  EXPECT_EQ(Hosts(), "10.0.0.1 ok");
}

TEST_F(HealthCheckerTest, IgnoringHealthOnRemovalEveryHostGoes) {
  resolver_.Say("users.test", {"10.0.0.1", "10.0.0.2"});
  Answer(1, 200);
  Answer(2, 200);
  auto spec = Dns();
  SettingsOf(*spec).ignore_health_on_host_removal = true;
  Set(std::move(spec));
  resolver_.Say("users.test", {"10.0.0.1"});
  world_.Advance(seconds(5));
  EXPECT_EQ(Hosts(), "10.0.0.1 ok");
}

TEST_F(HealthCheckerTest, AClusterMayGoWhileItsHostsAreAsked) {
  Answer(1, 200);
  hosts_[1]->SetOnRequest([](const H1Message&) { return H1Answer{}; });
  clusters_->Set(Static(3));
  world_.main().loop.TurnWithoutWaiting();
  clusters_->Remove("users");
  world_.RunUntilIdle();
  EXPECT_EQ(Stat("health_check.success"), 0);
}

// ---- Spread over time.

TEST_F(HealthCheckerTest, TheFirstProbesOfManyHostsAreSpread) {
  constexpr int kHosts = 250;
  Set(Static(kHosts));
  EXPECT_EQ(Stat("health_check.attempt"), 64);
  world_.Advance(milliseconds(20));
  EXPECT_EQ(Stat("health_check.attempt"), 64 + 80);
  world_.Advance(milliseconds(30));
  EXPECT_EQ(Stat("health_check.attempt"), kHosts);
  EXPECT_TRUE(users().ready());
}

TEST_F(HealthCheckerTest, WhatManyHostsComeToSharesSets) {
  constexpr int kHosts = 2000;
  Set(Static(kHosts));  // nobody answers there
  const HostSet* last = &users().hosts();
  int sets = 0;
  world_.AdvanceUntil(
      [&] {
        if (&users().hosts() != last) ++sets;
        last = &users().hosts();
        return users().ready();
      },
      seconds(2));
  EXPECT_TRUE(users().ready());
  EXPECT_GT(sets, 10);
  EXPECT_LE(sets, 130);  // of about 1900 results
  for (const HostFlags flags : users().hosts().flags) {
    ASSERT_FALSE(flags.Has(HostFlag::kPendingActiveCheck));
  }
}

TEST_F(HealthCheckerTest, TheInitialJitterSpreadsThemToo) {
  checks_[0]->rules.initial_jitter = seconds(10);
  Set(Static(50));
  EXPECT_EQ(Stat("health_check.attempt"), 0);
  world_.Advance(seconds(5));
  EXPECT_GT(Stat("health_check.attempt"), 10);
  EXPECT_LT(Stat("health_check.attempt"), 40);
  world_.Advance(seconds(5));
  EXPECT_TRUE(users().ready());
}

}  // namespace
}  // namespace sluice
