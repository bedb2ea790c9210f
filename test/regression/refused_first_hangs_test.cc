// The first of a name that was refused, or that the control plane did not have, was waited for
// without end: no listener at all was bound, because of one bad cluster.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "test/regression/offered_proxy.h"

namespace sluice {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

constexpr char kBadEndpoints[] =
    "cluster_name: bad\nendpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: "
    "{ address: not-an-ip, port_value: 80 } } } }] }]\n";
constexpr char kBadRoutes[] =
    "name: routes\nvirtual_hosts:\n- name: all\n  domains: [\"*\"]\n  routes:\n"
    "  - match: { safe_regex: { regex: \"(\" } }\n    route: { cluster: users }\n";

TEST(RefusedFirst, EndpointsThatAreRefusedDoNotHoldUpTheStart) {
  for (const Wire wire : kBothWires) {
    ToldProxy proxy(wire, {.fetch_timeout = "0s"});
    proxy.Offer();
    proxy.Set(kClusterType, "bad", OfService("bad", "bad", ", initial_fetch_timeout: 0s"));
    proxy.Set(kEndpointType, "bad", kBadEndpoints);
    proxy.Start();
    EXPECT_TRUE(proxy.started());
    EXPECT_EQ(proxy.Ask(), 200);
    EXPECT_THAT(proxy.TakeRefusals(), ElementsAre(StartsWith("ClusterLoadAssignment \"bad\": ")));
    proxy.SetEndpoints("bad", {1});
    proxy.SetRoutes("routes", "bad");
    proxy.Run();
    EXPECT_EQ(proxy.Ask(), 200);
  }
}

TEST(RefusedFirst, RoutesThatAreRefusedAreNotFound) {
  for (const Wire wire : kBothWires) {
    ToldProxy proxy(wire);
    proxy.Offer();
    proxy.Set(kRouteType, "routes", kBadRoutes);
    proxy.Start();
    EXPECT_EQ(proxy.Ask(), 404);
    proxy.SetRoutes("routes", "users");
    proxy.Run();
    EXPECT_EQ(proxy.Ask(), 200);
  }
}

TEST(RefusedFirst, EndpointsThatTheControlPlaneHasNotAreNone) {
  ToldProxy proxy(Wire::kDelta, {.fetch_timeout = "0s"});
  proxy.control_plane().SayWhatIsMissing();
  proxy.Offer();
  proxy.Remove(kEndpointType, "users");
  proxy.Start();
  EXPECT_TRUE(proxy.started());
  EXPECT_EQ(proxy.Ask(), 503);
  EXPECT_EQ(proxy.Stat("cluster_manager.eds.init_fetch_timeout"), 0);
  proxy.SetEndpoints("users", {0});
  proxy.Run();
  EXPECT_EQ(proxy.Ask(), 200);
}

TEST(RefusedFirst, RoutesThatTheControlPlaneHasNotAreNotFound) {
  ToldProxy proxy(Wire::kDelta);
  proxy.control_plane().SayWhatIsMissing();
  proxy.Offer();
  proxy.Remove(kRouteType, "routes");
  proxy.Start();
  EXPECT_EQ(proxy.Ask(), 404);
  proxy.SetRoutes("routes", "users");
  proxy.Run();
  EXPECT_EQ(proxy.Ask(), 200);
}

// What is in force stays when the control plane has it no longer.
TEST(RefusedFirst, WhatIsGoneLaterStays) {
  ToldProxy proxy(Wire::kDelta);
  proxy.Offer();
  proxy.Start();
  proxy.Remove(kEndpointType, "users");
  proxy.Remove(kRouteType, "routes");
  proxy.Run();
  EXPECT_EQ(proxy.Ask(), 200);
}

}  // namespace
}  // namespace sluice
