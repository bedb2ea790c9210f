// A cluster of the bootstrap was removed when a control plane took back one of the same name, which
// had been refused.
#include "gtest/gtest.h"
#include "test/regression/offered_proxy.h"

namespace sluice {
namespace {

using std::chrono::seconds;

TEST(StaticClusterRemoved, ByTheEndOfOneOfItsNameItIsNot) {
  ToldProxy proxy(Wire::kDelta);
  proxy.Offer();
  proxy.SetCluster("xds");
  proxy.Start();
  EXPECT_EQ(proxy.TakeRefusals().size(), 1u);
  proxy.control_plane().Send({.type = &kClusterType, .version = "2", .removed = {"xds"}});
  proxy.Advance(seconds(16));
  EXPECT_NE(proxy.core().clusters().Find("xds"), nullptr);
  EXPECT_EQ(proxy.Ask(), 200);
}

TEST(StaticClusterRemoved, ByTheEndOfATimeToLiveItIsNot) {
  for (const Wire wire : kBothWires) {
    ToldProxy proxy(wire);
    proxy.Offer();
    proxy.Start();
    proxy.control_plane().Send(
        {.type = &kClusterType, .version = "2", .resources = {{"xds", "2", {}, 5}}});
    proxy.Advance(seconds(30));
    EXPECT_NE(proxy.core().clusters().Find("xds"), nullptr);
  }
}

}  // namespace
}  // namespace sluice
