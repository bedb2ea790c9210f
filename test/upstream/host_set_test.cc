#include "source/upstream/host_set.h"

#include <cmath>
#include <cstdint>
#include <memory>
#include <vector>

#include "gtest/gtest.h"
#include "test/upstream/test_hosts.h"

namespace sluice {
namespace {

constexpr HostFlags kHealthy = {};
constexpr HostFlags kDegraded = {HostFlag::kDegradedByDiscovery};
constexpr HostFlags kIll = {HostFlag::kFailedActiveCheck};
constexpr HostFlags kPending = {HostFlag::kPendingActiveCheck};

// `fit` healthy and `ill` ill hosts of one priority.
void Add(std::vector<HostEntry>& entries, int fit, int ill, uint32_t priority = 0) {
  for (int i = 0; i < fit + ill; ++i) {
    entries.push_back(
        TestEntry(static_cast<int>(entries.size()) + 1, 1, priority, i < fit ? kHealthy : kIll));
  }
}

// What part of the traffic each priority gets, in percent.
std::vector<double> Loads(const std::vector<HostEntry>& entries, const BalancerSpec& spec = {},
                          const AssignmentPolicy& policy = {}) {
  std::vector<double> loads;
  const auto set = MakeHostSet(entries, spec, policy);
  for (const PriorityCounts& counts : set->priorities) {
    loads.push_back(std::round(counts.load * 1000) / 10);
  }
  return loads;
}

// The numbers of those that may be picked.
std::vector<int> Eligible(const std::vector<HostEntry>& entries, const BalancerSpec& spec = {}) {
  std::vector<int> numbers;
  const auto set = MakeHostSet(entries, spec);
  for (int n = 1; n < 20; ++n) {
    for (const LoadGroup& group : set->groups) {
      for (const Host* host : group.group.hosts()) {
        if (host->address() == TestAddress(n)) numbers.push_back(n);
      }
    }
  }
  return numbers;
}

TEST(HostSet, OfNobodyIsEmpty) {
  const auto set = MakeHostSet({});
  EXPECT_TRUE(set->hosts.empty());
  EXPECT_TRUE(set->groups.empty());
  EXPECT_EQ(set->healthy, 0u);
}

TEST(HostSet, TheHealthyHostsOfTheFirstPriorityGetAll) {
  EXPECT_EQ(Eligible({TestEntry(1), TestEntry(2, 1, 1), TestEntry(3)}), (std::vector<int>{1, 3}));
  EXPECT_EQ(Loads({TestEntry(1), TestEntry(2, 1, 1)}), (std::vector<double>{100, 0}));
}

// Envoy's documentation of priority levels: with 1.4 as the factor of overprovisioning.
TEST(HostSet, TrafficSpillsOverToTheNextPriority) {
  const auto two = [](int first_fit, int second_fit) {
    std::vector<HostEntry> entries;
    Add(entries, first_fit, 100 - first_fit, 0);
    Add(entries, second_fit, 100 - second_fit, 1);
    return Loads(entries);
  };
  EXPECT_EQ(two(100, 100), (std::vector<double>{100, 0}));
  EXPECT_EQ(two(72, 72), (std::vector<double>{100, 0}));
  EXPECT_EQ(two(71, 71), (std::vector<double>{99.4, 0.6}));
  EXPECT_EQ(two(50, 60), (std::vector<double>{70, 30}));
  EXPECT_EQ(two(25, 100), (std::vector<double>{35, 65}));
  EXPECT_EQ(two(0, 100), (std::vector<double>{0, 100}));
  // Not enough for all: in proportion to what each can take.
  EXPECT_EQ(two(20, 50), (std::vector<double>{28.6, 71.4}));
}

TEST(HostSet, ThreePrioritiesSpillInOrder) {
  std::vector<HostEntry> entries;
  Add(entries, 20, 80, 0);
  Add(entries, 20, 80, 1);
  Add(entries, 100, 0, 2);
  EXPECT_EQ(Loads(entries), (std::vector<double>{28, 28, 44}));
}

TEST(HostSet, OverprovisioningIsTheAssignments) {
  std::vector<HostEntry> entries;
  Add(entries, 50, 50, 0);
  Add(entries, 100, 0, 1);
  EXPECT_EQ(Loads(entries, {}, {.overprovisioning_percent = 100}), (std::vector<double>{50, 50}));
  EXPECT_EQ(Loads(entries, {}, {.overprovisioning_percent = 200}), (std::vector<double>{100, 0}));
}

TEST(HostSet, PriorityHealthMayBeByWeight) {
  const std::vector<HostEntry> entries = {TestEntry(1, 3), TestEntry(2, 1, 0, kIll),
                                          TestEntry(3, 1, 1)};
  EXPECT_EQ(Loads(entries, {}, {.overprovisioning_percent = 100}), (std::vector<double>{50, 50}));
  EXPECT_EQ(Loads(entries, {}, {.overprovisioning_percent = 100, .weighted_priority_health = true}),
            (std::vector<double>{75, 25}));
}

TEST(HostSet, DegradedHostsServeOnlyWhatHealthyOnesCannot) {
  EXPECT_EQ(Eligible({TestEntry(1, 1, 0, kDegraded), TestEntry(2, 1, 1)}), (std::vector<int>{2}));
  EXPECT_EQ(Eligible({TestEntry(1, 1, 0, kDegraded), TestEntry(2, 1, 0, kIll)}),
            (std::vector<int>{1}));
  // Healthy first, in all priorities; then what is left to the degraded.
  const auto set = MakeHostSet({TestEntry(1), TestEntry(2, 1, 0, kDegraded)}, {},
                               {.overprovisioning_percent = 100});
  ASSERT_EQ(set->groups.size(), 2u);
  EXPECT_NEAR(static_cast<double>(set->groups[0].load_end) / 0x1p64, 0.5, 1e-9);
  EXPECT_EQ(set->groups[1].load_end, UINT64_MAX);
}

TEST(HostSet, BelowThePanicThresholdEverybodyServes) {
  std::vector<HostEntry> entries;
  Add(entries, 4, 6);
  EXPECT_EQ(Eligible(entries).size(), 10u);
  EXPECT_TRUE(MakeHostSet(entries)->priorities[0].panic);
  EXPECT_EQ(Eligible(entries, {.panic_threshold_percent = 40}).size(), 4u);
  EXPECT_FALSE(MakeHostSet(entries, {.panic_threshold_percent = 40})->priorities[0].panic);
}

TEST(HostSet, WithEnoughElsewhereNoPriorityPanics) {
  std::vector<HostEntry> entries;
  Add(entries, 1, 9, 0);
  Add(entries, 9, 1, 1);
  const auto set = MakeHostSet(entries);
  EXPECT_FALSE(set->priorities[0].panic);
  EXPECT_FALSE(set->priorities[1].panic);
  EXPECT_EQ(Loads(entries), (std::vector<double>{14, 86}));
}

TEST(HostSet, APriorityPanicsByItself) {
  std::vector<HostEntry> entries;
  Add(entries, 1, 9, 0);
  Add(entries, 6, 4, 1);  // together 14 % + 84 %
  const auto set = MakeHostSet(entries);
  EXPECT_TRUE(set->priorities[0].panic);
  EXPECT_FALSE(set->priorities[1].panic);
  ASSERT_EQ(set->groups.size(), 2u);
  EXPECT_EQ(set->groups[0].group.hosts().size(), 10u);
  EXPECT_EQ(set->groups[1].group.hosts().size(), 6u);
}

TEST(HostSet, OnlyThePartOfThePriorityThatPanicsFails) {
  std::vector<HostEntry> entries;
  Add(entries, 1, 9, 0);
  Add(entries, 6, 4, 1);  // together 14 % + 84 %
  const auto set = MakeHostSet(entries, {.zone_aware = {.fails_in_panic = true}});
  ASSERT_EQ(set->groups.size(), 2u);
  EXPECT_TRUE(set->groups[0].fails);
  EXPECT_FALSE(set->groups[1].fails);
  EXPECT_NEAR(static_cast<double>(set->groups[0].load_end) / 0x1p64, 0.14, 0.01);
}

TEST(HostSet, WhenAllPanicTrafficFollowsTheNumberOfHosts) {
  std::vector<HostEntry> entries;
  Add(entries, 0, 3, 0);
  Add(entries, 0, 1, 1);
  EXPECT_EQ(Loads(entries), (std::vector<double>{75, 25}));
  EXPECT_EQ(Eligible(entries).size(), 4u);
}

TEST(HostSet, WithoutPanicNobodyIsPickedWhenAllAreIll) {
  std::vector<HostEntry> entries;
  Add(entries, 0, 3, 0);
  Add(entries, 0, 1, 1);
  EXPECT_TRUE(Eligible(entries, {.panic_threshold_percent = 0}).empty());
  Add(entries, 1, 9, 2);
  EXPECT_EQ(Eligible(entries, {.panic_threshold_percent = 0}), (std::vector<int>{5}));
}

TEST(HostSet, WhoAnOperatorHasTakenOutServesInNoPanic) {
  const std::vector<HostEntry> entries = {TestEntry(1, 1, 0, {HostFlag::kDrainingByOperator}),
                                          TestEntry(2, 1, 0, {HostFlag::kMaintenanceByOperator}),
                                          TestEntry(3, 1, 0, kIll)};
  EXPECT_EQ(Eligible(entries), (std::vector<int>{3}));
  EXPECT_TRUE(Eligible({entries[0], entries[1]}).empty());
  EXPECT_FALSE(MakeHostSet({entries[0], TestEntry(4)})->priorities[0].panic);
}

TEST(HostSet, NewHostsMayBeLeftOutUntilTheirFirstCheck) {
  const std::vector<HostEntry> entries = {TestEntry(1), TestEntry(2, 1, 0, kPending),
                                          TestEntry(3, 1, 0, kPending)};
  EXPECT_EQ(Eligible(entries).size(), 3u);
  const BalancerSpec ignoring = {.ignore_new_hosts_until_first_check = true};
  const auto set = MakeHostSet(entries, ignoring);
  EXPECT_EQ(Eligible(entries, ignoring), (std::vector<int>{1}));
  EXPECT_EQ(set->excluded, 2u);
  EXPECT_EQ(set->healthy, 1u);
  // 1 of 1 is healthy, not 1 of 3: no panic.
  EXPECT_FALSE(set->priorities[0].panic);
}

TEST(HostSet, WhoAskedNotToBeCountedIsNot) {
  const HostFlags failed = {HostFlag::kFailedActiveCheck, HostFlag::kExcludedByImmediateFailure};
  const auto set =
      MakeHostSet({TestEntry(1), TestEntry(2, 1, 0, failed), TestEntry(3, 1, 0, failed)});
  EXPECT_EQ(set->excluded, 2u);
  EXPECT_FALSE(set->priorities[0].panic);
}

TEST(HostSet, CountsTheHealthyOfAllPriorities) {
  const auto set = MakeHostSet(
      {TestEntry(1), TestEntry(2, 1, 1), TestEntry(3, 1, 0, kIll), TestEntry(4, 1, 1, kDegraded)});
  EXPECT_EQ(set->hosts.size(), 4u);
  EXPECT_EQ(set->healthy, 2u);
  EXPECT_EQ(set->degraded, 1u);
}

// ---- Localities.

BalancerSpec LocalityWeighted() { return {.locality_weighted = true}; }

// Of all traffic, what the group with this host gets.
double ShareOf(const HostSet& set, const Host& host) {
  uint64_t before = 0;
  for (const LoadGroup& group : set.groups) {
    for (const Host* member : group.group.hosts()) {
      if (member == &host) return static_cast<double>(group.load_end - before) / 0x1p64;
    }
    before = group.load_end;
  }
  return 0;
}

TEST(HostSet, LocalitiesShareByTheirWeights) {
  const std::vector<HostEntry> entries = {
      InLocality(TestEntry(1), "a", 1), InLocality(TestEntry(2), "a", 1),
      InLocality(TestEntry(3), "b", 3), InLocality(TestEntry(4), "c", 0)};
  const auto set = MakeHostSet(entries, LocalityWeighted());
  EXPECT_NEAR(ShareOf(*set, *entries[0].host), 0.25, 1e-9);
  EXPECT_NEAR(ShareOf(*set, *entries[2].host), 0.75, 1e-9);
  EXPECT_EQ(ShareOf(*set, *entries[3].host), 0);  // without a weight: nothing
  EXPECT_EQ(MakeHostSet(entries)->groups.size(), 1u);
}

TEST(HostSet, AnIllLocalityGivesUpItsShare) {
  // 1 of 2 is healthy: 70 % of its weight.
  const std::vector<HostEntry> entries = {InLocality(TestEntry(1), "a", 10),
                                          InLocality(TestEntry(2, 1, 0, kIll), "a", 10),
                                          InLocality(TestEntry(3), "b", 10)};
  const auto set = MakeHostSet(entries, LocalityWeighted());
  EXPECT_NEAR(ShareOf(*set, *entries[0].host), 7.0 / 17, 1e-9);
}

TEST(HostSet, WithoutAnyLocalityWeightAllHostsShare) {
  const auto set = MakeHostSet({InLocality(TestEntry(1), "a", 0), InLocality(TestEntry(2), "b", 0)},
                               LocalityWeighted());
  ASSERT_EQ(set->groups.size(), 1u);
  EXPECT_EQ(set->groups[0].group.hosts().size(), 2u);
}

TEST(HostSet, InPanicLocalitiesDoNotCount) {
  const auto set = MakeHostSet(
      {InLocality(TestEntry(1, 1, 0, kIll), "a", 1), InLocality(TestEntry(2, 1, 0, kIll), "b", 9)},
      LocalityWeighted());
  ASSERT_EQ(set->groups.size(), 1u);
  EXPECT_TRUE(set->groups[0].panic);
}

// ---- Slow start.

TEST(HostSet, AHostInSlowStartWeighsLess) {
  using std::chrono::seconds;
  const BalancerSpec spec = {.slow_start = {.window = seconds(100)}};
  const MonotonicTime start{};
  std::vector<HostEntry> entries = {TestEntry(1, 2), TestEntry(2, 2)};
  entries[0].host->fit_since = start;
  entries[1].host->fit_since = start + seconds(100);
  const auto weight_of_second = [&](Duration age) {
    const auto set = MakeHostSet(entries, spec, {}, start + seconds(100) + age);
    EXPECT_EQ(set->warming, age < seconds(100));
    const HostGroup& group = set->groups[0].group;
    return group.WeightOf(group.hosts()[0] == entries[1].host.get() ? 0 : 1);
  };
  EXPECT_DOUBLE_EQ(weight_of_second(seconds(0)), 0.2);
  EXPECT_DOUBLE_EQ(weight_of_second(seconds(50)), 1.0);
  EXPECT_DOUBLE_EQ(weight_of_second(seconds(100)), 2.0);
}

}  // namespace
}  // namespace sluice
