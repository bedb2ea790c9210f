// A cluster whose configuration changes: what it keeps, when the change takes effect, and who
// serves until then.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "test/upstream/cluster_set_fixture.h"
#include "test/upstream/settings_of.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ClusterChange : public ClusterSetFixture {
 protected:
  const std::shared_ptr<Host>& host(size_t index) {
    return clusters_->Find("users")->hosts().hosts.at(index);
  }
  std::shared_ptr<ClusterSpec> Eds(const std::string& service = "users") {
    auto spec = SpecOf("users", DiscoveryType::kEds);
    spec->eds_service_name = service;
    return spec;
  }
  void SetEndpoints(const std::vector<int>& numbers) {
    clusters_->SetEndpoints("users", Endpoints(numbers));
    world_.RunUntilIdle();
  }
};

// ---- What is kept.

TEST_F(ClusterChange, ASpecThatSaysTheSameChangesNothing) {
  auto spec = Static("users", {1});
  spec->hashes.all = 7;
  Set(spec);
  const Cluster* const before = clusters_->Find("users");
  Set(std::make_shared<ClusterSpec>(*spec));
  EXPECT_EQ(clusters_->Find("users"), before);
  EXPECT_EQ(manager_stat("cluster_modified"), 0);
}

TEST_F(ClusterChange, HostsAndTheirPoolsGoOn) {
  Set(Static("users", {1, 2}));
  const std::shared_ptr<Host> kept = host(1);
  WorkerCluster* const on_worker = OnWorker(0);
  ConnectionPool& pool = on_worker->PoolOf(*kept);
  auto changed = Static("users", {2, 3});
  SettingsOf(*changed).balancer.policy = BalancerPolicy::kRandom;
  SettingsOf(*changed).breakers[0].requests_max = 5;
  Set(changed);
  EXPECT_EQ(Hosts(), "10.0.0.2:80 10.0.0.3:80");
  EXPECT_EQ(host(0), kept);
  EXPECT_EQ(OnWorker(0), on_worker);
  EXPECT_EQ(&OnWorker(0)->spec(), changed.get());
  EXPECT_EQ(&OnWorker(0)->PoolOf(*kept), &pool);
  EXPECT_EQ(OnWorker(1)->hosts().hosts.size(), 2u);
  EXPECT_EQ(stat("membership_total"), 2);
  EXPECT_EQ(stat("membership_change"), 2);
  EXPECT_EQ(manager_stat("cluster_added"), 1);
  EXPECT_EQ(manager_stat("cluster_modified"), 1);
}

TEST_F(ClusterChange, OtherConnectionsAreForOtherPools) {
  Set(Static("users", {1}));
  const std::shared_ptr<Host> kept = host(0);
  OnWorker(0)->PoolOf(*kept);
  auto changed = Static("users", {1});
  changed->hashes.connections = 1;
  Set(changed);
  EXPECT_EQ(host(0), kept);
  EXPECT_EQ(OnWorker(0)->pools(), 0u);  // it was idle
}

TEST_F(ClusterChange, WhatIsInUseStaysInUseUnderOtherLimits) {
  Set(Static("users", {1}));
  CircuitBreaker& breaker = OnWorker(0)->breaker();
  breaker.Acquire(RoutePriority::kDefault, BreakerResource::kRequests);
  auto changed = Static("users", {1});
  SettingsOf(*changed).breakers[0].requests_max = 1;
  SettingsOf(*changed).breakers[0].retry_budget = RetryBudget{.percent = 0, .retries_min = 9};
  Set(changed);
  EXPECT_EQ(&OnWorker(1)->breaker(), &breaker);
  EXPECT_TRUE(breaker.open(RoutePriority::kDefault, BreakerResource::kRequests));
  EXPECT_EQ(breaker.limit(RoutePriority::kDefault, BreakerResource::kRetries), 9u);
  EXPECT_EQ(stat("circuit_breakers.default.rq_open"), 1);
  breaker.Release(RoutePriority::kDefault, BreakerResource::kRequests);
}

TEST_F(ClusterChange, AnOperatorsOrderStands) {
  Set(Static("users", {1, 2}));
  clusters_->OrderHost("users", "10.0.0.1:80", HostOrder::kDrain);
  Set(Static("users", {1, 2, 3}));
  EXPECT_TRUE(host(0)->flags().Has(HostFlag::kDrainingByOperator));
  EXPECT_EQ(stat("membership_healthy"), 2);
}

TEST_F(ClusterChange, DiscoverysNewWordIsHeardWhenTheChangeTakesEffect) {
  Set(Static("users", {1, 2}));
  resolver_.SetDelay(seconds(1));
  auto changed = Static("users", {1, 2});
  changed->type = DiscoveryType::kStrictDns;
  changed->endpoints[0].flags = {HostFlag::kFailedByDiscovery};
  changed->endpoints.push_back({.dns_name = "a.example", .port = 80});
  Set(changed);
  EXPECT_EQ(host(0)->health(), HostHealth::kHealthy);
  world_.Advance(seconds(1));
  EXPECT_EQ(host(0)->health(), HostHealth::kUnhealthy);
}

// ---- Ejections.

class EjectionsOverAChange : public ClusterChange {
 protected:
  std::shared_ptr<ClusterSpec> Watched() {
    auto spec = Static("users", {1, 2});
    SettingsOf(*spec).outlier = std::make_shared<const OutlierSettings>(
        OutlierSettings{.consecutive_5xx = 1, .max_ejection_percent = 50});
    return spec;
  }
  void Eject() {
    Set(Watched());
    OnWorker(0)->outliers()->OnStatus(*host(0), 500);
    world_.RunUntilIdle();
    ASSERT_TRUE(host(0)->flags().Has(HostFlag::kFailedPassiveCheck));
  }
};

TEST_F(EjectionsOverAChange, TheyStandAndEndWhenTheyWouldHaveEnded) {
  Eject();
  for (int i = 0; i < 6; ++i) {  // more often than the detector judges
    world_.Advance(seconds(4));
    Set(Watched());
    EXPECT_EQ(stat("membership_healthy"), 1);
    EXPECT_EQ(stat("outlier_detection.ejections_active"), 1);
  }
  world_.Advance(seconds(4));
  Set(Watched());
  world_.Advance(seconds(3));
  EXPECT_EQ(stat("membership_healthy"), 2);
  EXPECT_EQ(stat("outlier_detection.ejections_active"), 0);
}

TEST_F(EjectionsOverAChange, WhatWorkersTellIsHeardAfterIt) {
  Set(Watched());
  Set(Watched());
  OnWorker(1)->outliers()->OnStatus(*host(1), 500);
  world_.RunUntilIdle();
  EXPECT_TRUE(host(1)->flags().Has(HostFlag::kFailedPassiveCheck));
}

TEST_F(EjectionsOverAChange, NobodyIsOutWhereNobodyWatchesAnyMore) {
  Eject();
  Set(Static("users", {1, 2}));
  EXPECT_EQ(stat("membership_healthy"), 2);
  EXPECT_EQ(OnWorker(0)->outliers(), nullptr);
}

// ---- Warming.

TEST_F(ClusterChange, TheOldOneServesUntilTheNewOneHasWarmed) {
  resolver_.Say("a.example", {"10.0.0.1"});
  resolver_.Say("b.example", {"10.0.0.2"});
  Set(Dns({"a.example"}));
  const std::shared_ptr<Host> kept = host(0);
  resolver_.SetDelay(milliseconds(50));
  Set(Dns({"a.example", "b.example"}));
  EXPECT_EQ(Hosts(), "10.0.0.1:80");
  EXPECT_NE(clusters_->FindNext("users"), nullptr);
  EXPECT_TRUE(clusters_->ready());
  EXPECT_EQ(manager_stat("active_clusters"), 1);
  EXPECT_EQ(manager_stat("warming_clusters"), 1);
  EXPECT_EQ(OnWorker(0)->PickHost(0), kept.get());
  world_.Advance(milliseconds(50));
  EXPECT_EQ(Hosts(), "10.0.0.1:80 10.0.0.2:80");
  EXPECT_EQ(host(0), kept);
  EXPECT_EQ(clusters_->FindNext("users"), nullptr);
  EXPECT_EQ(manager_stat("warming_clusters"), 0);
  EXPECT_EQ(stat("membership_total"), 2);
  EXPECT_EQ(OnWorker(1)->hosts().hosts.size(), 2u);
}

TEST_F(ClusterChange, ANewerOneTakesThePlaceOfTheOneThatWarms) {
  Set(Static("users", {1}));
  resolver_.SetDelay(seconds(50));
  Set(Dns({"a.example"}));
  Set(Static("users", {2}));
  EXPECT_EQ(Hosts(), "10.0.0.2:80");
  EXPECT_EQ(resolver_.under_way(), 0u);
  EXPECT_EQ(manager_stat("cluster_modified"), 2);
  EXPECT_EQ(stat("membership_total"), 1);
}

TEST_F(ClusterChange, WhoGoesBackToWhatServesNeedsNobodyToWarm) {
  auto spec = Static("users", {1});
  spec->hashes.all = 1;
  Set(spec);
  resolver_.SetDelay(seconds(50));
  auto changed = Dns({"a.example"});
  changed->hashes.all = 2;
  Set(changed);
  Set(std::make_shared<ClusterSpec>(*changed));
  EXPECT_EQ(resolver_.asked().size(), 1u);  // it is on its way already
  const Cluster* const before = clusters_->Find("users");
  Set(std::make_shared<ClusterSpec>(*spec));
  EXPECT_EQ(clusters_->FindNext("users"), nullptr);
  EXPECT_EQ(clusters_->Find("users"), before);
  EXPECT_EQ(manager_stat("warming_clusters"), 0);
  EXPECT_EQ(stat("membership_total"), 1);
}

TEST_F(ClusterChange, WorkersKnowAFirstOneWhenItHasWarmed) {
  resolver_.Say("a.example", {"10.0.0.1"});
  resolver_.SetDelay(milliseconds(50));
  Set(Dns({"a.example"}));
  EXPECT_EQ(OnWorker(0), nullptr);
  world_.Advance(milliseconds(50));
  EXPECT_NE(OnWorker(0), nullptr);
}

TEST_F(ClusterChange, RemovalEndsBoth) {
  Set(Static("users", {1}));
  resolver_.SetDelay(seconds(50));
  Set(Dns({"a.example"}));
  EXPECT_TRUE(clusters_->Remove("users"));
  world_.RunUntilIdle();
  EXPECT_EQ(OnWorker(0), nullptr);
  EXPECT_EQ(resolver_.under_way(), 0u);
  EXPECT_EQ(manager_stat("warming_clusters"), 0);
  EXPECT_EQ(stat("membership_total"), 0);
}

TEST_F(ClusterChange, ANameThatCannotBeAskedForNowKeepsItsAddresses) {
  resolver_.Say("a.example", {"10.0.0.1"});
  Set(Dns({"a.example"}));
  resolver_.Fail("a.example");
  Set(Dns({"a.example", "b.example"}));
  EXPECT_EQ(clusters_->FindNext("users"), nullptr);
  EXPECT_EQ(Hosts(), "10.0.0.1:80");
}

TEST_F(ClusterChange, ItWaitsForWhatItsTransportNeeds) {
  Set(Static("users", {1}));
  auto gate = std::make_unique<WarmGate>();
  WarmGate::Need need = gate->Wait("secret");
  clusters_->Set(Static("users", {2}), std::move(gate));
  world_.RunUntilIdle();
  EXPECT_EQ(Hosts(), "10.0.0.1:80");
  need.Come();
  world_.RunUntilIdle();
  EXPECT_EQ(Hosts(), "10.0.0.2:80");
}

TEST_F(ClusterChange, WhatItsTransportNeedsMayComeTooLate) {
  auto gate = std::make_unique<WarmGate>();
  WarmGate::Need need = gate->Wait("secret");
  clusters_->Set(Static("users", {2}), std::move(gate));
  clusters_->Remove("users");
  EXPECT_FALSE(need.waits());
}

// ---- EDS.

TEST_F(ClusterChange, AnEdsClusterWarmsUntilItsEndpointsCome) {
  Set(Eds());
  EXPECT_FALSE(clusters_->ready());
  EXPECT_EQ(OnWorker(0), nullptr);
  SetEndpoints({1, 2});
  EXPECT_TRUE(clusters_->ready());
  EXPECT_EQ(OnWorker(0)->hosts().hosts.size(), 2u);
  SetEndpoints({2});
  EXPECT_EQ(Hosts(), "10.0.0.2:80");
}

TEST_F(ClusterChange, WithoutAnyInTimeItHasNone) {
  Set(Eds());
  EXPECT_TRUE(clusters_->EndpointsFailed("users"));
  EXPECT_FALSE(clusters_->EndpointsFailed("others"));
  world_.RunUntilIdle();
  EXPECT_TRUE(clusters_->ready());
  EXPECT_EQ(OnWorker(0)->PickHost(0), nullptr);
  SetEndpoints({1});
  EXPECT_NE(OnWorker(0)->PickHost(0), nullptr);
}

TEST_F(ClusterChange, AChangedEdsClusterWaitsForItsEndpointsToo) {
  Set(Eds());
  SetEndpoints({1});
  const std::shared_ptr<Host> kept = host(0);
  Set(Eds());
  EXPECT_NE(clusters_->FindNext("users"), nullptr);
  EXPECT_EQ(OnWorker(0)->PickHost(0), kept.get());
  SetEndpoints({1, 2});
  EXPECT_EQ(clusters_->FindNext("users"), nullptr);
  EXPECT_EQ(Hosts(), "10.0.0.1:80 10.0.0.2:80");
  EXPECT_EQ(host(0), kept);
}

TEST_F(ClusterChange, WithoutThemInTimeItGoesOnWithThoseOfTheSameService) {
  Set(Eds());
  SetEndpoints({1});
  const std::shared_ptr<Host> kept = host(0);
  Set(Eds());
  clusters_->EndpointsFailed("users");
  world_.RunUntilIdle();
  EXPECT_EQ(clusters_->FindNext("users"), nullptr);
  EXPECT_EQ(host(0), kept);
}

TEST_F(ClusterChange, WithoutThemInTimeItDoesNotTakeThePlaceOfOneThatServes) {
  Set(Eds("a"));
  SetEndpoints({1});
  Set(Eds("b"));
  clusters_->EndpointsFailed("users");
  world_.RunUntilIdle();
  EXPECT_NE(clusters_->FindNext("users"), nullptr);
  EXPECT_EQ(Hosts(), "10.0.0.1:80");
  SetEndpoints({2});
  EXPECT_EQ(Hosts(), "10.0.0.2:80");
}

TEST_F(ClusterChange, EndpointsOfAnotherServiceAreNotForTheOneThatServes) {
  Set(Eds("a"));
  SetEndpoints({1});
  auto changed = Eds("b");
  auto gate = std::make_unique<WarmGate>();
  WarmGate::Need need = gate->Wait("secret");
  clusters_->Set(changed, std::move(gate));
  SetEndpoints({2});
  EXPECT_EQ(Hosts(), "10.0.0.1:80");
  need.Come();
  world_.RunUntilIdle();
  EXPECT_EQ(Hosts(), "10.0.0.2:80");
}

}  // namespace
}  // namespace sluice
