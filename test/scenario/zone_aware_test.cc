// Traffic that stays in the proxy's own locality (zone aware routing).
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

// A proxy in zone a, of a fleet whose members are hosts of the second cluster, before two hosts in
// zone a and two in zone b.
class ZoneAwareRouting : public testing::Test {
 protected:
  explicit ZoneAwareRouting(const std::string& settings = "min_cluster_size: 2")
      : proxy_(ProxyFixture::ToUsers(), Options(settings)) {
    for (int i = 0; i < 4; ++i) hosts_.push_back(&proxy_.Host(H1Answer::Of(200), i));
  }
  static ProxyOptions Options(const std::string& settings) {
    const auto endpoint = [](int host) {
      return absl::StrCat("{ endpoint: { address: { socket_address: { address: ",
                          ProxyFixture::HostAddress(0, host).ip_text(), ", port_value: 80 } } } }");
    };
    ProxyOptions options;
    options.cluster =
        absl::StrCat("common_lb_config: { zone_aware_lb_config: { ", settings, " } }");
    options.endpoints = absl::StrCat(
        "endpoints:\n- { locality: { zone: a }, lb_endpoints: [", endpoint(0), ",", endpoint(1),
        "] }\n- { locality: { zone: b }, lb_endpoints: [", endpoint(2), ",", endpoint(3), "] }\n");
    options.bootstrap =
        "cluster_manager: { local_cluster_name: fleet }\n"
        "node: { id: one, cluster: fleet, locality: { zone: a } }\n";
    options.clusters = {{"users", 4}, {"fleet", 1}};
    return options;
  }
  void SetFleet(int in_a, int in_b) {
    std::vector<EndpointSpec> endpoints;
    for (int i = 0; i < in_a + in_b; ++i) {
      EndpointSpec endpoint;
      endpoint.facts.address = ProxyFixture::HostAddress(1, i);
      endpoint.traits.locality = std::make_shared<LocalityGroup>(
          LocalityGroup{.locality = {.region = "", .zone = i < in_a ? "a" : "b", .sub_zone = ""}});
      endpoints.push_back(std::move(endpoint));
    }
    proxy_.core().clusters().SetEndpoints("fleet", endpoints);
    proxy_.Run();
  }
  // Of so many requests those that went to zone a.
  size_t StayOf(int requests) {
    H1Client& client = proxy_.Client();
    const size_t before = hosts_[0]->requests().size() + hosts_[1]->requests().size();
    for (int i = 0; i < requests; ++i) {
      client.Get("/");
      proxy_.Run();
    }
    return hosts_[0]->requests().size() + hosts_[1]->requests().size() - before;
  }
  int64_t Stat(const std::string& name) {
    return proxy_.Stat(absl::StrCat("cluster.users.lb_", name));
  }

  ProxyFixture proxy_;
  std::vector<H1Server*> hosts_;
};

TEST_F(ZoneAwareRouting, StaysAtHomeWhereThatIsFair) {
  SetFleet(1, 1);
  EXPECT_EQ(StayOf(20), 20u);
  EXPECT_EQ(Stat("zone_routing_all_directly"), 20);
}

TEST_F(ZoneAwareRouting, SparesTheHostsThatMostOfTheFleetIsBeside) {
  SetFleet(3, 1);  // two thirds stay
  EXPECT_NEAR(static_cast<double>(StayOf(300)), 200, 30);
  EXPECT_EQ(Stat("zone_routing_sampled") + Stat("zone_routing_cross_zone"), 300);
  EXPECT_EQ(Stat("zone_routing_all_directly"), 0);
}

TEST_F(ZoneAwareRouting, FollowsTheFleetAsItChanges) {
  SetFleet(1, 1);
  EXPECT_EQ(StayOf(10), 10u);
  SetFleet(3, 1);
  EXPECT_LT(StayOf(100), 90u);
}

TEST_F(ZoneAwareRouting, IsNoneWhileNobodyKnowsWhereTheFleetIs) {
  SetFleet(0, 0);
  EXPECT_EQ(StayOf(20), 10u);
  EXPECT_GT(Stat("local_cluster_not_ok"), 0);
}

class ZoneAwareRoutingOfMany : public ZoneAwareRouting {
 protected:
  ZoneAwareRoutingOfMany() : ZoneAwareRouting("min_cluster_size: 5") {}
};

TEST_F(ZoneAwareRoutingOfMany, IsNoneForFewer) {
  SetFleet(1, 1);
  EXPECT_EQ(StayOf(20), 10u);
  EXPECT_GT(Stat("zone_cluster_too_small"), 0);
}

class ZoneAwareRoutingOfAPart : public ZoneAwareRouting {
 protected:
  ZoneAwareRoutingOfAPart()
      : ZoneAwareRouting("min_cluster_size: 2, routing_enabled: { value: 50 }") {}
};

TEST_F(ZoneAwareRoutingOfAPart, IsForThatPart) {
  SetFleet(1, 1);
  EXPECT_NEAR(static_cast<double>(StayOf(300)), 225, 30);  // and half of the other half
}

}  // namespace
}  // namespace sluice
