// How traffic is spread over localities when it is to stay in the proxy's own.
#include "source/upstream/balancers/zone_plan.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace sluice {
namespace {

Locality Zone(const std::string& name) { return {.region = "", .zone = name, .sub_zone = ""}; }

// The proxy is in zone a; the fleet's parts of zones a and b.
LocalZones Fleet(double a, double b) {
  return {.own = Zone("a"), .parts = {{Zone("a"), a}, {Zone("b"), b}}};
}

ZonePlan Plan(const std::vector<uint32_t>& healthy, const LocalZones& local,
              const ZoneAware& settings = {.hosts_min = 1}) {
  std::vector<ZoneHosts> hosts;
  for (size_t i = 0; i < healthy.size(); ++i) {
    hosts.push_back({Zone(std::string(1, static_cast<char>('a' + i))), healthy[i]});
  }
  return PlanZones(hosts, local, settings);
}

TEST(ZonePlan, WithAFairPartOfTheHostsEverythingStays) {
  const ZonePlan plan = Plan({5, 5}, Fleet(0.5, 0.5));
  EXPECT_EQ(plan.verdict, ZoneVerdict::kDirect);
  EXPECT_EQ(plan.shares, (std::vector<double>{1, 0}));
  EXPECT_EQ(Plan({8, 2}, Fleet(0.5, 0.5)).verdict, ZoneVerdict::kDirect);
  EXPECT_EQ(Plan({1, 9}, Fleet(0, 1)).verdict, ZoneVerdict::kDirect);
}

TEST(ZonePlan, WhatIsTooMuchGoesWhereThereAreHostsToSpare) {
  // A quarter of the hosts for half of the fleet: half stays.
  const ZonePlan plan =
      Plan({2, 4, 2},
           {.own = Zone("a"), .parts = {{Zone("a"), 0.5}, {Zone("b"), 0.25}, {Zone("c"), 0.25}}});
  EXPECT_EQ(plan.verdict, ZoneVerdict::kSampled);
  EXPECT_EQ(plan.shares, (std::vector<double>{0.5, 0.5, 0}));  // c has none to spare
}

TEST(ZonePlan, WithNoneToSpareItGoesAnywhere) {
  // Zone d, which has the rest of the fleet's traffic, is one that the hosts are not in.
  const ZonePlan plan = Plan({1, 1}, Fleet(0.6, 0.6));
  EXPECT_EQ(plan.verdict, ZoneVerdict::kNoCapacity);
  EXPECT_NEAR(plan.shares[0] + plan.shares[1], 1.0, 1e-9);
  EXPECT_GT(plan.shares[0], plan.shares[1]);
  EXPECT_GT(plan.shares[1], 0);
}

TEST(ZonePlan, IsNotMadeWhereThereIsNothingToChoose) {
  EXPECT_EQ(Plan({5}, Fleet(0.5, 0.5)).verdict, ZoneVerdict::kNone);
  EXPECT_EQ(Plan({0, 5, 5}, Fleet(0.5, 0.5)).verdict, ZoneVerdict::kNone);  // none here
  EXPECT_EQ(Plan({5, 0}, Fleet(0.5, 0.5)).verdict, ZoneVerdict::kNone);     // none elsewhere
  EXPECT_TRUE(Plan({5, 0}, Fleet(0.5, 0.5)).shares.empty());
}

TEST(ZonePlan, IsNotMadeForAFewHosts) {
  EXPECT_EQ(Plan({3, 2}, Fleet(0.5, 0.5), {.hosts_min = 6}).verdict, ZoneVerdict::kTooSmall);
  EXPECT_EQ(Plan({3, 3}, Fleet(0.5, 0.5), {.hosts_min = 6}).verdict, ZoneVerdict::kDirect);
}

TEST(ZonePlan, IsNotMadeWhileNobodyKnowsWhereTheFleetIs) {
  const ZonePlan plan = Plan({5, 5}, {.own = Zone("a"), .parts = {}});
  EXPECT_EQ(plan.verdict, ZoneVerdict::kLocalNotOk);
  EXPECT_TRUE(plan.shares.empty());
}

}  // namespace
}  // namespace sluice
