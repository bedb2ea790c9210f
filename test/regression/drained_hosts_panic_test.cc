// Hosts that discovery drains counted as ill: a roll-out that drained more than half of them put
// the cluster into panic, and the draining ones got traffic, too. Since Envoy 1.29 such hosts do
// not count.
#include "gtest/gtest.h"
#include "test/upstream/test_hosts.h"

namespace sluice {
namespace {

TEST(DrainedHostsPanicRegression, WhoIsDrainedDoesNotCount) {
  std::vector<HostEntry> entries;
  for (int n = 1; n <= 10; ++n) {
    entries.push_back(
        TestEntry(n, 1, 0, n <= 6 ? HostFlags{HostFlag::kDrainingByDiscovery} : HostFlags{}));
  }
  const auto set = MakeHostSet(entries);
  EXPECT_FALSE(set->priorities[0].panic);
  EXPECT_EQ(set->priorities[0].excluded, 6u);
  ASSERT_EQ(set->groups.size(), 1u);
  EXPECT_EQ(set->groups[0].group.hosts().size(), 4u);
}

TEST(DrainedHostsPanicRegression, WhereAllAreTheyServeInPanic) {
  const auto set = MakeHostSet({TestEntry(1, 1, 0, {HostFlag::kDrainingByDiscovery})});
  EXPECT_TRUE(set->priorities[0].panic);
  ASSERT_EQ(set->groups.size(), 1u);
  EXPECT_EQ(set->groups[0].group.hosts().size(), 1u);
}

}  // namespace
}  // namespace sluice
