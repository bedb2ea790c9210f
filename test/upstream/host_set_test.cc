#include "source/upstream/host_set.h"

#include <memory>
#include <vector>

#include "gtest/gtest.h"
#include "test/upstream/test_hosts.h"

namespace sluice {
namespace {

constexpr HostFlags kDegraded = {HostFlag::kDegradedByDiscovery};
constexpr HostFlags kUnhealthy = {HostFlag::kFailedByDiscovery};

// The numbers of the eligible ones.
std::vector<int> Eligible(const std::vector<std::shared_ptr<Host>>& hosts) {
  std::vector<int> numbers;
  const auto set = MakeHostSet(hosts);
  for (const auto& host : set->eligible) {
    for (int n = 1; n < 10; ++n) {
      if (host->address() == TestAddress(n)) numbers.push_back(n);
    }
  }
  return numbers;
}

TEST(HostSet, OfNobodyIsEmpty) {
  const auto set = MakeHostSet({});
  EXPECT_TRUE(set->hosts.empty());
  EXPECT_TRUE(set->eligible.empty());
  EXPECT_EQ(set->healthy, 0u);
}

TEST(HostSet, HealthyHostsOfTheFirstPriorityAreEligible) {
  EXPECT_EQ(Eligible({TestHost(1, 1, 0), TestHost(2, 1, 1), TestHost(3, 1, 0)}),
            (std::vector<int>{1, 3}));
  EXPECT_EQ(Eligible({TestHost(1, 1, 0, kUnhealthy), TestHost(2, 1, 0)}), (std::vector<int>{2}));
}

TEST(HostSet, TheNextPriorityStandsIn) {
  EXPECT_EQ(Eligible({TestHost(1, 1, 0, kUnhealthy), TestHost(2, 1, 2), TestHost(3, 1, 1)}),
            (std::vector<int>{3}));
}

TEST(HostSet, DegradedHostsServeOnlyWithoutHealthyOnes) {
  EXPECT_EQ(Eligible({TestHost(1, 1, 0, kDegraded), TestHost(2, 1, 1)}), (std::vector<int>{2}));
  EXPECT_EQ(Eligible({TestHost(1, 1, 0, kDegraded), TestHost(2, 1, 0, kUnhealthy)}),
            (std::vector<int>{1}));
}

TEST(HostSet, WithAllIllEverybodyOfTheFirstPriorityServes) {
  EXPECT_EQ(Eligible({TestHost(1, 1, 3, kUnhealthy), TestHost(2, 1, 1, kUnhealthy),
                      TestHost(3, 1, 1, kUnhealthy)}),
            (std::vector<int>{2, 3}));
}

TEST(HostSet, CountsTheHealthyOfAllPriorities) {
  const auto set = MakeHostSet({TestHost(1), TestHost(2, 1, 1), TestHost(3, 1, 0, kUnhealthy)});
  EXPECT_EQ(set->hosts.size(), 3u);
  EXPECT_EQ(set->healthy, 2u);
}

}  // namespace
}  // namespace sluice
