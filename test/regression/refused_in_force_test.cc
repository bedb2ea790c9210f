// A cluster or a route source with a fetch timeout that is none was refused, or not even that, and
// was in force all the same.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "test/regression/offered_proxy.h"

namespace sluice {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(RefusedInForce, AClusterThatIsRefusedChangesNothing) {
  for (const Wire wire : kBothWires) {
    ToldProxy proxy(wire);
    proxy.Offer();
    proxy.Start();
    proxy.Set(kClusterType, "users",
              "name: users\ntype: EDS\neds_cluster_config: { service_name: others, eds_config: "
              "{ ads: {}, resource_api_version: V3, initial_fetch_timeout: -1s } }\n");
    proxy.Run();
    EXPECT_THAT(proxy.TakeRefusals(),
                ElementsAre(HasSubstr("eds_cluster_config.eds_config.initial_fetch_timeout")));
    EXPECT_EQ(proxy.Stat("cluster_manager.cluster_modified"), 0);
    EXPECT_EQ(proxy.Ask(), 200);
  }
}

TEST(RefusedInForce, ASourceOfRoutesThatIsWaitedForANegativeTimeIsRefused) {
  for (const Wire wire : kBothWires) {
    ToldProxy proxy(wire);
    proxy.Offer();
    proxy.Start();
    SetListenerRoutedBy(proxy, "routes", "", "-1s");
    proxy.Run();
    EXPECT_THAT(proxy.TakeRefusals(), ElementsAre(HasSubstr("initial_fetch_timeout")));
    EXPECT_EQ(proxy.Ask(), 200);
  }
}

}  // namespace
}  // namespace sluice
