// Clusters on the main thread: from a spec, through static addresses and DNS, to what workers see.
#include "source/upstream/cluster_set.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/upstream/cluster_set_fixture.h"
#include "test/upstream/settings_of.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

using ClusterSetTest = ClusterSetFixture;

TEST_F(ClusterSetTest, AStaticClusterIsReadyAtOnceAndReachesEveryWorker) {
  Set(Static("users", {1, 2}));
  EXPECT_TRUE(clusters_->Find("users")->ready());
  EXPECT_EQ(Hosts(), "10.0.0.1:80 10.0.0.2:80");
  for (uint32_t worker : {0u, 1u}) {
    ASSERT_NE(OnWorker(worker), nullptr);
    EXPECT_NE(OnWorker(worker)->PickHost(0), nullptr);
    EXPECT_NE(OnWorker(worker)->PickHost(0), OnWorker(worker)->PickHost(0));
  }
  EXPECT_EQ(stat("membership_total"), 2);
  EXPECT_EQ(stat("membership_healthy"), 2);
  EXPECT_EQ(stat("membership_change"), 1);
  EXPECT_EQ(world_.stats().Value("cluster_manager.active_clusters"), 1);
  EXPECT_EQ(world_.stats().Value("cluster_manager.cluster_added"), 1);
}

TEST_F(ClusterSetTest, WorkersShareOneBreaker) {
  Set(Static("users", {1}));
  EXPECT_EQ(&OnWorker(0)->breaker(), &OnWorker(1)->breaker());
  EXPECT_EQ(&OnWorker(0)->breaker(), &clusters_->Find("users")->breaker());
}

TEST_F(ClusterSetTest, AnAddressListedTwiceIsTwoHosts) {
  Set(Static("users", {1, 1}));
  EXPECT_EQ(Hosts(), "10.0.0.1:80 10.0.0.1:80");
}

TEST_F(ClusterSetTest, ForEachGoesInOrderOfName) {
  Set(Static("b", {1}));
  Set(Static("a", {1}));
  std::string names;
  clusters_->ForEach([&](const Cluster& cluster) { names += cluster.spec().name; });
  EXPECT_EQ(names, "ab");
  EXPECT_EQ(clusters_->size(), 2u);
}

TEST_F(ClusterSetTest, RemovalReachesTheWorkers) {
  Set(Static("users", {1}));
  EXPECT_TRUE(clusters_->Remove("users"));
  EXPECT_FALSE(clusters_->Remove("users"));
  world_.RunUntilIdle();
  EXPECT_EQ(clusters_->Find("users"), nullptr);
  EXPECT_EQ(OnWorker(0), nullptr);
  EXPECT_EQ(OnWorker(1), nullptr);
  EXPECT_EQ(stat("membership_total"), 0);
  EXPECT_EQ(world_.stats().Value("cluster_manager.active_clusters"), 0);
}

TEST_F(ClusterSetTest, ReplacementReachesTheWorkers) {
  Set(Static("users", {1}));
  Set(Static("users", {2, 3}));
  EXPECT_EQ(Hosts(), "10.0.0.2:80 10.0.0.3:80");
  EXPECT_EQ(OnWorker(0)->PickHost(0)->address() == TestAddress(1), false);
  EXPECT_EQ(stat("membership_total"), 2);
  EXPECT_EQ(world_.stats().Value("cluster_manager.cluster_modified"), 1);
}

TEST_F(ClusterSetTest, NamesAreResolvedToAllTheirAddresses) {
  resolver_.Say("a.example", {"10.0.0.2", "10.0.0.1"});
  resolver_.Say("b.example", {"10.0.0.3"});
  Set(Dns({"a.example", "b.example"}));
  EXPECT_EQ(Hosts(), "10.0.0.1:80 10.0.0.2:80 10.0.0.3:80");
  EXPECT_EQ(clusters_->Find("users")->hosts().hosts[0]->facts().hostname, "a.example");
  EXPECT_EQ(stat("membership_change"), 1);  // both answers came in one turn
  EXPECT_EQ(stat("update_attempt"), 2);
  EXPECT_EQ(stat("update_success"), 2);
}

TEST_F(ClusterSetTest, AnAddressOfTwoNamesIsOneHost) {
  resolver_.Say("a.example", {"10.0.0.1"});
  resolver_.Say("b.example", {"10.0.0.1", "10.0.0.2"});
  Set(Dns({"a.example", "b.example"}));
  EXPECT_EQ(Hosts(), "10.0.0.1:80 10.0.0.2:80");
}

TEST_F(ClusterSetTest, TheFamilyIsPassedOn) {
  auto spec = Dns({"a.example"});
  SettingsOf(*spec).dns_family = DnsFamily::kV6Only;
  Set(spec);
  EXPECT_EQ(resolver_.asked()[0].family, DnsFamily::kV6Only);
}

TEST_F(ClusterSetTest, NamesAreAskedForAgainAndHostsKept) {
  resolver_.Say("a.example", {"10.0.0.1", "10.0.0.2"});
  Set(Dns({"a.example"}));
  const auto before = clusters_->Find("users")->hosts().hosts;
  resolver_.Say("a.example", {"10.0.0.3", "10.0.0.2"});
  world_.Advance(seconds(5));
  EXPECT_EQ(Hosts(), "10.0.0.2:80 10.0.0.3:80");
  EXPECT_EQ(clusters_->Find("users")->hosts().hosts[0], before[1]);  // the same object
  EXPECT_EQ(resolver_.asked().size(), 2u);
}

TEST_F(ClusterSetTest, ARotatedAnswerIsNoChange) {
  resolver_.Say("a.example", {"10.0.0.1", "10.0.0.2"});
  Set(Dns({"a.example"}));
  resolver_.Say("a.example", {"10.0.0.2", "10.0.0.1"});
  world_.Advance(seconds(5));
  EXPECT_EQ(stat("membership_change"), 1);
}

TEST_F(ClusterSetTest, TheTimeToLiveCountsWhereItIsRespected) {
  resolver_.Say("a.example", {"10.0.0.1"}, seconds(30));
  auto spec = Dns({"a.example"});
  SettingsOf(*spec).respect_dns_ttl = true;
  Set(spec);
  world_.Advance(seconds(29));
  EXPECT_EQ(resolver_.asked().size(), 1u);
  world_.Advance(seconds(1));
  EXPECT_EQ(resolver_.asked().size(), 2u);
}

TEST_F(ClusterSetTest, ATinyTimeToLiveDoesNotMakeALoop) {
  resolver_.Say("a.example", {"10.0.0.1"}, Duration(1));
  auto spec = Dns({"a.example"});
  SettingsOf(*spec).respect_dns_ttl = true;
  Set(spec);
  world_.Advance(seconds(10));
  EXPECT_LE(resolver_.asked().size(), 11u);
  EXPECT_GE(resolver_.asked().size(), 10u);
}

TEST_F(ClusterSetTest, AFailureKeepsTheLastGoodAnswer) {
  resolver_.Say("a.example", {"10.0.0.1"});
  Set(Dns({"a.example"}));
  for (const bool not_found : {false, true}) {
    resolver_.Fail("a.example", not_found ? absl::NotFoundError("x") : absl::UnavailableError("x"));
    world_.Advance(seconds(20));
    EXPECT_EQ(Hosts(), "10.0.0.1:80");
  }
  EXPECT_GT(stat("update_failure"), 2);
  resolver_.Say("a.example", {"10.0.0.9"});
  world_.Advance(seconds(20));
  EXPECT_EQ(Hosts(), "10.0.0.9:80");
}

TEST_F(ClusterSetTest, FailuresAreRetriedEverLater) {
  resolver_.Fail("a.example");
  Set(Dns({"a.example"}));
  world_.Advance(seconds(100));
  const auto& asked = resolver_.asked();
  ASSERT_GE(asked.size(), 8u);
  // 1, 2, 4, 8, 10, 10 ... seconds, each between a half and the whole of it.
  const Duration waits[] = {seconds(1), seconds(2),  seconds(4),
                            seconds(8), seconds(10), seconds(10)};
  for (size_t i = 0; i < 6; ++i) {
    const Duration wait = asked[i + 1].at - asked[i].at;
    EXPECT_GE(wait, waits[i] / 2) << i;
    EXPECT_LE(wait, waits[i]) << i;
  }
}

TEST_F(ClusterSetTest, QuestionsComeLaterByTheJitter) {
  resolver_.Say("a.example", {"10.0.0.1"});
  auto spec = Dns({"a.example"});
  SettingsOf(*spec).dns_jitter = seconds(5);
  Set(spec);
  world_.Advance(seconds(100));
  const auto& asked = resolver_.asked();
  ASSERT_GE(asked.size(), 10u);
  Duration least = seconds(100), most{0};
  for (size_t i = 0; i + 1 < asked.size(); ++i) {
    const Duration wait = asked[i + 1].at - asked[i].at;
    least = std::min(least, wait);
    most = std::max(most, wait);
  }
  EXPECT_GE(least, seconds(5));
  EXPECT_LT(most, seconds(10));
  EXPECT_GT(most - least, seconds(1));
}

TEST_F(ClusterSetTest, ALogicalHostStaysWhereverItsNameLeads) {
  resolver_.Say("a.example", {"10.0.0.2", "10.0.0.1"});
  auto spec = Dns({"a.example"});
  spec->type = DiscoveryType::kLogicalDns;
  Set(spec);
  EXPECT_EQ(Hosts(), "10.0.0.2:80");  // the first of the answer, and no other
  Host& host = *clusters_->Find("users")->hosts().hosts[0];
  ConnectionPool& pool = OnWorker(0)->PoolOf(host);
  EXPECT_EQ(OnWorker(0)->AddressesOf(host).front().text(), "10.0.0.2:80");
  resolver_.Say("a.example", {"10.0.0.1", "10.0.0.2"});
  world_.Advance(seconds(5));
  EXPECT_EQ(clusters_->Find("users")->hosts().hosts[0].get(), &host);
  EXPECT_EQ(host.address_now().text(), "10.0.0.1:80");
  for (uint32_t worker : {0u, 1u}) {
    EXPECT_EQ(OnWorker(worker)->AddressesOf(host).front().text(), "10.0.0.1:80");
  }
  EXPECT_EQ(&OnWorker(0)->PoolOf(host), &pool);
  EXPECT_EQ(stat("membership_change"), 1);
  EXPECT_TRUE(clusters_->OrderHost("users", "10.0.0.1:80", HostOrder::kDrain));
}

TEST_F(ClusterSetTest, ALogicalHostOfAnotherPortOrNameIsAnother) {
  resolver_.Say("a.example", {"10.0.0.1"});
  resolver_.Say("b.example", {"10.0.0.1"});
  auto first = Dns({"a.example"});
  first->type = DiscoveryType::kLogicalDns;
  first->endpoints[0].facts.hostname = "service";
  Set(first);
  const std::shared_ptr<Host> host = clusters_->Find("users")->hosts().hosts[0];
  OnWorker(0)->PoolOf(*host);
  auto named = std::make_shared<ClusterSpec>(*first);
  named->endpoints[0].dns_name = "b.example";
  Set(named);
  const std::shared_ptr<Host> other = clusters_->Find("users")->hosts().hosts[0];
  EXPECT_NE(other, host);
  EXPECT_EQ(OnWorker(0)->pools(), 0u) << "what is connected to the one is not the other's";
  auto moved = std::make_shared<ClusterSpec>(*named);
  moved->endpoints[0].port = 81;
  Set(moved);
  EXPECT_NE(clusters_->Find("users")->hosts().hosts[0], other);
  EXPECT_EQ(Hosts(), "10.0.0.1:81");
}

TEST_F(ClusterSetTest, ALogicalHostOfBothFamiliesIsTriedAtAllItsAddressesInTurns) {
  resolver_.Say("a.example", {"10.0.0.1", "10.0.0.2", "2001:db8::1"});
  auto spec = Dns({"a.example"});
  spec->type = DiscoveryType::kLogicalDns;
  SettingsOf(*spec).dns_family = DnsFamily::kAll;
  Set(spec);
  std::string addresses;
  for (const Address& address : clusters_->Find("users")->hosts().hosts[0]->addresses_now()) {
    absl::StrAppend(&addresses, address.text(), " ");
  }
  EXPECT_EQ(addresses, "10.0.0.1:80 [2001:db8::1]:80 10.0.0.2:80 ");
}

TEST_F(ClusterSetTest, AnUnresolvableNameDoesNotKeepTheOthersBack) {
  resolver_.Say("b.example", {"10.0.0.2"});
  Set(Dns({"nowhere.example", "b.example"}));
  EXPECT_EQ(Hosts(), "10.0.0.2:80");
  EXPECT_TRUE(clusters_->Find("users")->ready());
  EXPECT_NE(OnWorker(0)->PickHost(0), nullptr);
  resolver_.Say("nowhere.example", {"10.0.0.1"});
  world_.Advance(seconds(10));
  EXPECT_EQ(Hosts(), "10.0.0.1:80 10.0.0.2:80");
}

TEST_F(ClusterSetTest, ReadyWaitsForTheFirstAnswerOfEveryName) {
  resolver_.SetDelay(milliseconds(50));
  resolver_.Say("a.example", {"10.0.0.1"});
  int calls = 0;
  Set(Dns({"a.example", "nowhere.example"}));
  Set(Static("other", {1}));
  clusters_->WhenReady([&] { ++calls; });
  EXPECT_FALSE(clusters_->ready());
  EXPECT_EQ(world_.stats().Value("cluster_manager.warming_clusters"), 1);
  world_.Advance(milliseconds(49));
  EXPECT_EQ(calls, 0);
  world_.Advance(milliseconds(1));
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(clusters_->ready());
  EXPECT_EQ(world_.stats().Value("cluster_manager.warming_clusters"), 0);
  clusters_->WhenReady([&] { ++calls; });
  EXPECT_EQ(calls, 2);
  world_.Advance(seconds(60));
  EXPECT_EQ(calls, 2);
}

TEST_F(ClusterSetTest, RemovingTheOneThatWarmsMakesReady) {
  resolver_.SetDelay(seconds(50));
  Set(Dns({"a.example"}));
  int calls = 0;
  clusters_->WhenReady([&] { ++calls; });
  clusters_->Remove("users");
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(resolver_.under_way(), 0u);  // and nobody waits for the answer
}

TEST_F(ClusterSetTest, HostsKeepTheirPoolsOverAChange) {
  resolver_.Say("a.example", {"10.0.0.1", "10.0.0.2"});
  Set(Dns({"a.example"}));
  Host& kept = *clusters_->Find("users")->hosts().hosts[0];
  ConnectionPool& pool = OnWorker(0)->PoolOf(kept);
  resolver_.Say("a.example", {"10.0.0.1"});
  world_.Advance(seconds(5));
  EXPECT_EQ(&OnWorker(0)->PoolOf(kept), &pool);
}

// ---- Other endpoints.

TEST_F(ClusterSetTest, WhatAHostIsWorthChangesWhileItStays) {
  Set(Static("users", {1, 2}));
  const std::shared_ptr<Host> host = clusters_->Find("users")->hosts().hosts[0];
  OnWorker(0)->PoolOf(*host);
  std::vector<EndpointSpec> endpoints = Static("users", {1, 2})->endpoints;
  endpoints[0].traits.weight = 7;
  endpoints[0].traits.locality =
      std::make_shared<LocalityGroup>(LocalityGroup{.locality = {.region = "r"}, .weight = 3});
  endpoints[1].traits.priority = 1;
  EXPECT_TRUE(clusters_->SetEndpoints("users", endpoints));
  world_.RunUntilIdle();
  const HostSet& set = clusters_->Find("users")->hosts();
  EXPECT_EQ(set.hosts[0], host);
  EXPECT_EQ(set.traits[0].weight, 7u);
  EXPECT_EQ(set.traits[0].locality->locality.region, "r");
  EXPECT_EQ(OnWorker(0)->pools(), 1u);
  // All traffic is for the first priority now.
  for (int i = 0; i < 4; ++i) EXPECT_EQ(OnWorker(1)->PickHost(0), host.get());
  EXPECT_EQ(stat("membership_change"), 1);
  EXPECT_FALSE(clusters_->SetEndpoints("others", {}));
}

TEST_F(ClusterSetTest, DiscoveryTakesItsWordBackAndNobodyElses) {
  Set(Static("users", {1, 2}));
  Host& host = *clusters_->Find("users")->hosts().hosts[0];
  std::vector<EndpointSpec> endpoints = Static("users", {1, 2})->endpoints;
  endpoints[0].flags = {HostFlag::kFailedByDiscovery};
  clusters_->SetEndpoints("users", endpoints);
  world_.RunUntilIdle();
  EXPECT_NE(OnWorker(0)->PickHost(0), &host);
  EXPECT_EQ(stat("membership_healthy"), 1);
  host.SetFlag(HostFlag::kFailedActiveCheck, true);
  endpoints[0].flags = {};
  clusters_->SetEndpoints("users", endpoints);
  world_.RunUntilIdle();
  EXPECT_EQ(host.flags(), HostFlags({HostFlag::kFailedActiveCheck}));
}

TEST_F(ClusterSetTest, AnotherPolicyOfTheEndpointsMakesAnotherSet) {
  Set(Static("users", {1, 2, 3}));
  std::vector<EndpointSpec> endpoints = Static("users", {1, 2, 3})->endpoints;
  endpoints[1].flags = {HostFlag::kFailedByDiscovery};
  endpoints[2].traits.priority = 1;
  clusters_->SetEndpoints("users", endpoints, {.overprovisioning_percent = 200});
  world_.RunUntilIdle();
  EXPECT_DOUBLE_EQ(clusters_->Find("users")->hosts().priorities[1].load, 0);
  clusters_->SetEndpoints("users", endpoints, {.overprovisioning_percent = 100});
  world_.RunUntilIdle();
  EXPECT_DOUBLE_EQ(clusters_->Find("users")->hosts().priorities[1].load, 0.5);
}

}  // namespace
}  // namespace sluice
