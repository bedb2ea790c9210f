// Who came to a service or a route table that had not come in its time waited for it without end.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "test/regression/offered_proxy.h"

namespace sluice {
namespace {

using std::chrono::seconds;

TEST(LatecomerWaits, ASecondClusterOfAServiceThatHasNotComeStarts) {
  for (const Wire wire : kBothWires) {
    const std::string indented =
        absl::StrReplaceAll(OfService("first", "shared"), {{"\n", "\n    "}});
    ToldProxy proxy(wire, {.static_resources = absl::StrCat("  - ", indented, "\n")});
    proxy.Hold(kEndpointType);
    proxy.Offer();
    proxy.Remove(kClusterType, "users");
    proxy.Set(kClusterType, "second", OfService("second", "shared"));
    proxy.Start();
    proxy.Advance(seconds(16));
    EXPECT_TRUE(proxy.started());
    EXPECT_EQ(proxy.Ask(), 503);
  }
}

// Two sources in different words, which lead to the same stream.
TEST(LatecomerWaits, ASecondListenerOfRoutesThatHaveNotComeServes) {
  for (const Wire wire : kBothWires) {
    ToldProxy proxy(wire);
    proxy.Hold(kRouteType);
    proxy.Offer();
    SetListenerRoutedBy(proxy, "routes", "", "5s");
    proxy.Start();
    proxy.Advance(seconds(6));
    EXPECT_EQ(proxy.Ask(), 404);
    proxy.SetListener("second", "10.9.9.10");
    proxy.Run();
    EXPECT_EQ(proxy.Ask("10.9.9.10"), 404);
    proxy.Tell(kRouteType);
    proxy.Run();
    EXPECT_EQ(proxy.Ask("10.9.9.10"), 200);
    EXPECT_EQ(proxy.Ask(), 200);
  }
}

}  // namespace
}  // namespace sluice
