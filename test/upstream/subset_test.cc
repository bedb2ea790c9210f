// lb_subset_config: which hosts a request that asks for metadata is for.
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "source/base/random.h"
#include "source/upstream/balancers/make_balancer.h"
#include "source/upstream/balancers/subset_index.h"
#include "test/upstream/test_hosts.h"

namespace sluice {
namespace {

EndpointMetadata::Entry Value(const std::string& key, const std::string& value) {
  return {key, "\"" + value + "\"", {}};
}

// 1: v1 in prod; 2: v2 in prod; 3: v2 in test; 4: of any version, in prod; 5: nothing.
std::vector<HostEntry> Hosts() {
  return {WithMetadata(TestEntry(1), {Value("stage", "prod"), Value("version", "v1")}),
          WithMetadata(TestEntry(2), {Value("stage", "prod"), Value("version", "v2")}),
          WithMetadata(TestEntry(3), {Value("stage", "test"), Value("version", "v2")}),
          WithMetadata(TestEntry(4), {Value("stage", "prod"),
                                      {"version", "[\"v1\",\"v2\"]", {"\"v1\"", "\"v2\""}}}),
          TestEntry(5)};
}

using Wanted = std::vector<std::pair<std::string, std::string>>;

KeyValues Text(const Wanted& wanted) {
  std::vector<KeyValue> values;
  for (const auto& [key, value] : wanted) values.push_back({key, "\"" + value + "\""});
  return KeyValues(std::move(values));
}

// The numbers of the hosts that get requests which ask for this.
std::set<int> PickedFor(const SubsetSpec& subsets, const MetadataMatch& metadata,
                        std::vector<HostEntry> entries = Hosts(), double panic_threshold = 50) {
  const BalancerSpec spec{.panic_threshold_percent = panic_threshold,
                          .subsets = std::make_shared<const SubsetSpec>(subsets)};
  FastRandom random(1);
  const auto balancer = MakeBalancer(spec, random);
  balancer->SetHosts(MakeHostSet(entries, spec));
  std::set<int> numbers;
  for (int i = 0; i < 100; ++i) {
    const Host* const host = balancer->Pick({.random = random, .metadata = &metadata});
    for (int n = 1; host != nullptr && n < 10; ++n) {
      if (host->address() == TestAddress(n)) numbers.insert(n);
    }
  }
  return numbers;
}
std::set<int> Picked(const SubsetSpec& subsets, const Wanted& wanted,
                     std::vector<HostEntry> entries = Hosts()) {
  return PickedFor(subsets, {.as_is = Text(wanted)}, std::move(entries));
}

const SubsetSelector kByVersion = {.keys = {"version"}};
const SubsetSelector kByStage = {.keys = {"stage"}};
const SubsetSelector kByBoth = {.keys = {"stage", "version"}};
const KeyValues kTest(std::vector<KeyValue>{{"stage", "\"test\""}});
const std::set<int> kEverybody = {1, 2, 3, 4, 5};

TEST(Subsets, OneIsThereForEachValue) {
  const SubsetSpec spec{.selectors = {kByVersion, kByStage}};
  EXPECT_EQ(Picked(spec, {{"version", "v1"}}), (std::set<int>{1}));
  EXPECT_EQ(Picked(spec, {{"version", "v2"}}), (std::set<int>{2, 3}));
  EXPECT_EQ(Picked(spec, {{"stage", "prod"}}), (std::set<int>{1, 2, 4}));
}

TEST(Subsets, SeveralKeysAreOneQuestion) {
  const SubsetSpec spec{.selectors = {kByBoth}};
  EXPECT_EQ(Picked(spec, {{"version", "v2"}, {"stage", "prod"}}), (std::set<int>{2}));
  // There is no selector for one of them alone.
  EXPECT_EQ(Picked(spec, {{"version", "v2"}}), std::set<int>());
}

TEST(Subsets, WithoutFallbackNobodyStandsIn) {
  const SubsetSpec spec{.selectors = {kByVersion}};
  EXPECT_EQ(Picked(spec, {{"version", "v9"}}), std::set<int>());
  EXPECT_EQ(Picked(spec, {}), std::set<int>());
}

TEST(Subsets, AnyEndpointMayStandIn) {
  const SubsetSpec spec{.fallback = SubsetFallback::kAny, .selectors = {kByVersion}};
  EXPECT_EQ(Picked(spec, {{"version", "v9"}}), kEverybody);
  EXPECT_EQ(Picked(spec, {{"colour", "red"}}), kEverybody);
  EXPECT_EQ(Picked(spec, {}), kEverybody);
}

TEST(Subsets, TheDefaultSubsetMayStandIn) {
  const SubsetSpec spec{.fallback = SubsetFallback::kDefaultSubset,
                        .default_subset = kTest,
                        .selectors = {kByVersion}};
  EXPECT_EQ(Picked(spec, {{"version", "v9"}}), (std::set<int>{3}));
  EXPECT_EQ(Picked(spec, {}), (std::set<int>{3}));
}

TEST(Subsets, AnEmptyDefaultSubsetIsNobodyOrInPanicAnybody) {
  SubsetSpec spec{.fallback = SubsetFallback::kDefaultSubset,
                  .default_subset = KeyValues(std::vector<KeyValue>{{"stage", "\"none\""}}),
                  .selectors = {kByVersion}};
  EXPECT_EQ(Picked(spec, {}), std::set<int>());
  spec.panic_mode_any = true;
  EXPECT_EQ(Picked(spec, {}), kEverybody);
}

TEST(Subsets, ASelectorHasItsOwnFallback) {
  SubsetSpec spec{
      .fallback = SubsetFallback::kAny, .default_subset = kTest, .selectors = {kByVersion}};
  const auto with = [&](SubsetFallback fallback) {
    spec.selectors[0].fallback = fallback;
    return Picked(spec, {{"version", "v9"}});
  };
  EXPECT_EQ(with(SubsetFallback::kNotDefined), kEverybody);
  EXPECT_EQ(with(SubsetFallback::kNone), std::set<int>());
  EXPECT_EQ(with(SubsetFallback::kDefaultSubset), (std::set<int>{3}));
  spec.fallback = SubsetFallback::kNone;
  EXPECT_EQ(with(SubsetFallback::kAny), kEverybody);
}

TEST(Subsets, FewerKeysMayStandIn) {
  SubsetSelector both = kByBoth;
  both.fallback = SubsetFallback::kKeysSubset;
  both.fallback_keys = {"stage"};
  SubsetSelector stage = kByStage;
  stage.fallback = SubsetFallback::kAny;
  const SubsetSpec spec{.selectors = {both, stage}};
  EXPECT_EQ(Picked(spec, {{"stage", "prod"}, {"version", "v1"}}), (std::set<int>{1}));
  EXPECT_EQ(Picked(spec, {{"stage", "prod"}, {"version", "v9"}}), (std::set<int>{1, 2, 4}));
  EXPECT_EQ(Picked(spec, {{"stage", "dev"}, {"version", "v9"}}), kEverybody);
}

TEST(Subsets, OfAListTheFirstThatFindsAHostCounts) {
  SubsetSpec spec{.selectors = {kByVersion, kByStage}};
  spec.fallback_list = true;
  const MetadataMatch wanted{
      .as_is = Text({{"version", "v1"}}),
      .list = {Text({{"version", "v8"}}), Text({{"stage", "dev"}, {"version", "v2"}}),
               Text({{"stage", "test"}}), Text({{"version", "v2"}})}};
  EXPECT_EQ(PickedFor(spec, wanted), (std::set<int>{3}));
  const MetadataMatch none{.as_is = Text({{"version", "v1"}}), .list = {Text({{"version", "v8"}})}};
  EXPECT_EQ(PickedFor(spec, none), std::set<int>());
  // A request that has no list is one as ever.
  EXPECT_EQ(Picked(spec, {{"version", "v1"}}), (std::set<int>{1}));
}

TEST(Subsets, OfAListNobodyIsPickedWhoIsIll) {
  SubsetSpec spec{.selectors = {kByVersion}};
  spec.fallback_list = true;
  std::vector<HostEntry> entries = Hosts();
  entries[0].host->SetFlag(HostFlag::kFailedActiveCheck, true);
  const MetadataMatch wanted{.list = {Text({{"version", "v1"}}), Text({{"version", "v2"}})}};
  EXPECT_EQ(PickedFor(spec, wanted, entries, 0), (std::set<int>{2, 3}));
}

TEST(Subsets, AListCountsWhereTheClusterGoesByIt) {
  const SubsetSpec spec{.selectors = {kByVersion}};
  const MetadataMatch wanted{.as_is = Text({{"version", "v1"}}),
                             .list = {Text({{"version", "v2"}})}};
  EXPECT_EQ(PickedFor(spec, wanted), (std::set<int>{1}));
}

TEST(Subsets, AListMayStandForEachOfItsItems) {
  SubsetSpec spec{.selectors = {kByVersion}};
  spec.list_as_any = true;
  EXPECT_EQ(Picked(spec, {{"version", "v1"}}), (std::set<int>{1, 4}));
  EXPECT_EQ(Picked(spec, {{"version", "v2"}}), (std::set<int>{2, 3, 4}));
}

TEST(Subsets, OnlyHealthyHostsOfASubsetServe) {
  std::vector<HostEntry> entries = Hosts();
  entries[1].host->SetFlag(HostFlag::kFailedActiveCheck, true);
  const SubsetSpec spec{.selectors = {kByVersion}};
  EXPECT_EQ(Picked(spec, {{"version", "v2"}}, entries), (std::set<int>{3}));
}

// The part of the first group of the first subset, of two localities with these weights.
double FirstShare(bool aware, bool scale) {
  SubsetSpec subsets{.selectors = {kByVersion}};
  subsets.locality_weight_aware = aware;
  subsets.scale_locality_weight = scale;
  const BalancerSpec spec{.locality_weighted = true,
                          .subsets = std::make_shared<const SubsetSpec>(subsets)};
  const auto group = [](uint32_t weight, const std::string& zone) {
    return std::make_shared<LocalityGroup>(
        LocalityGroup{.locality = {.region = "", .zone = zone}, .weight = weight});
  };
  const auto a = group(100, "a"), b = group(100, "b");
  std::vector<HostEntry> entries;
  for (int i = 0; i < 8; ++i) {
    HostEntry entry = TestEntry(i + 1);
    entry.traits.locality = i < 4 ? a : b;
    // One of four hosts in a, all of b.
    if (i >= 3) entry = WithMetadata(std::move(entry), {Value("version", "v1")});
    entries.push_back(std::move(entry));
  }
  const auto set = MakeHostSet(std::move(entries), spec);
  const KeyValues wanted(std::vector<KeyValue>{{"version", "\"v1\""}});
  const HostSet& subset = *set->subsets->sets()[set->subsets->Find(&wanted).set];
  return static_cast<double>(subset.groups[0].load_end) / 0x1p64;
}

TEST(Subsets, LocalityWeightsCountWhereTheyAreToCount) {
  EXPECT_NEAR(FirstShare(false, false), 1.0, 1e-9);
  EXPECT_NEAR(FirstShare(true, false), 0.5, 1e-9);
  EXPECT_NEAR(FirstShare(true, true), 0.2, 1e-9);
}

}  // namespace
}  // namespace sluice
