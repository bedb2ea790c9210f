// The time that a route table may wait for its clusters began again with every push: one name that
// was a mistake froze the table for as long as somebody pushed.
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/regression/offered_proxy.h"

namespace sluice {
namespace {

TEST(RouteWaitRestarts, ATableWaitsNoLongerForBeingPushedAgain) {
  for (const Wire wire : kBothWires) {
    ToldProxy proxy(wire);
    proxy.Offer();
    proxy.Start();
    for (int i = 0; i < 6; ++i) {
      const std::string more =
          absl::StrCat("  - match: { path: /", i, " }\n    route: { cluster: users }\n");
      proxy.SetRoutes("routes", "nowhere", more);
      proxy.Advance(std::chrono::seconds(5));
      EXPECT_EQ(proxy.Ask(), i < 2 ? 200 : 503) << i;
    }
  }
}

}  // namespace
}  // namespace sluice
