// A server that answers each refusal with what was refused, at once, was refused at once: both did
// nothing else any more.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "test/regression/offered_proxy.h"

namespace sluice {
namespace {

TEST(RefusalLoop, GoesSlowerAndSlower) {
  for (const Wire wire : kBothWires) {
    ToldProxy proxy(wire);
    proxy.control_plane().SendRefusedAgain();
    proxy.Offer();
    proxy.SetCluster("bad", "connect_timeout: 0s\n");
    proxy.Start();
    proxy.Advance(std::chrono::minutes(1));
    EXPECT_EQ(proxy.Ask(), 200);
    EXPECT_THAT(proxy.TakeRefusals(),
                testing::SizeIs(testing::AllOf(testing::Ge(5u), testing::Le(12u))));
    // What comes after it is answered at once.
    proxy.SetCluster("bad", "connect_timeout: 1s\n");
    proxy.Run();
    EXPECT_NE(proxy.core().clusters().Find("bad"), nullptr);
  }
}

}  // namespace
}  // namespace sluice
