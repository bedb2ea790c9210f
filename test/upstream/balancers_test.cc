// Distribution over hosts, seeded: every expectation has a margin of at least five standard
// deviations.
#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "source/base/random.h"
#include "source/upstream/balancers/latency.h"
#include "source/upstream/balancers/make_balancer.h"
#include "test/upstream/test_hosts.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr BalancerPolicy kAllPolicies[] = {
    BalancerPolicy::kRoundRobin, BalancerPolicy::kLeastRequest, BalancerPolicy::kRandom,
    BalancerPolicy::kRingHash,   BalancerPolicy::kMaglev,       BalancerPolicy::kPeakEwma};

// A balancer with its hosts, and how often each was picked.
class Tally {
 public:
  explicit Tally(const BalancerSpec& spec, std::vector<HostEntry> entries, uint64_t seed = 1)
      : random_(seed), balancer_(MakeBalancer(spec, random_)) {
    set_ = MakeHostSet(std::move(entries), spec);
    balancer_->SetHosts(set_);
  }
  Host* Pick(PickContext context) { return balancer_->Pick(context); }
  Host* Pick() { return Pick({.random = random_, .hash = random_.Next(), .now = now}); }
  // The part of `count` picks that each host got, in the order of the set.
  std::vector<double> Parts(int count = 20'000) {
    std::map<const Host*, int> picked;
    for (int i = 0; i < count; ++i) ++picked[Pick()];
    std::vector<double> parts;
    for (const auto& host : set_->hosts) parts.push_back(picked[host.get()] / double(count));
    return parts;
  }
  Host& host(size_t at) { return *set_->hosts[at]; }
  const HostSet& set() const { return *set_; }
  Random& random() { return random_; }

  MonotonicTime now{seconds(1000)};

 private:
  FastRandom random_;
  std::unique_ptr<LoadBalancer> balancer_;
  std::shared_ptr<const HostSet> set_;
};

std::vector<HostEntry> Hosts(const std::vector<uint32_t>& weights) {
  std::vector<HostEntry> entries;
  for (const uint32_t weight : weights)
    entries.push_back(TestEntry(static_cast<int>(entries.size()) + 1, weight));
  return entries;
}

void ExpectNear(const std::vector<double>& parts, const std::vector<double>& wanted,
                double margin = 0.02) {
  ASSERT_EQ(parts.size(), wanted.size());
  for (size_t i = 0; i < parts.size(); ++i) EXPECT_NEAR(parts[i], wanted[i], margin) << i;
}

class EveryPolicy : public testing::TestWithParam<BalancerPolicy> {
 protected:
  BalancerSpec spec_{.policy = GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Balancers, EveryPolicy, testing::ValuesIn(kAllPolicies));

TEST_P(EveryPolicy, PicksNobodyWhereNobodyIs) {
  Tally tally(spec_, {});
  EXPECT_EQ(tally.Pick(), nullptr);
  FastRandom random(1);
  EXPECT_EQ(MakeBalancer(spec_, random)->Pick({random}), nullptr);
}

TEST_P(EveryPolicy, PicksNobodyInPanicWhereTrafficIsToFail) {
  const HostFlags ill = {HostFlag::kFailedActiveCheck};
  const std::vector<HostEntry> entries = {TestEntry(1), TestEntry(2, 1, 0, ill),
                                          TestEntry(3, 1, 0, ill)};
  FastRandom random(1);
  for (const bool fails : {false, true}) {
    spec_.zone_aware.fails_in_panic = fails;
    const auto balancer = MakeBalancer(spec_, random);
    balancer->SetHosts(MakeHostSet(entries, spec_));
    const PickContext context{.random = random, .hash = random.Next()};
    EXPECT_EQ(balancer->Pick(context) == nullptr, fails);
    EXPECT_TRUE(context.notes.panic);
  }
}

TEST_P(EveryPolicy, PicksTheOnlyOne) {
  Tally tally(spec_, Hosts({7}));
  EXPECT_EQ(tally.Pick(), &tally.host(0));
}

TEST_P(EveryPolicy, EqualHostsShareEqually) {
  // Hash tables are as even as they are large.
  spec_.ring_hash.ring_size_min = 100'000;
  ExpectNear(Tally(spec_, Hosts({1, 1, 1, 1})).Parts(), {0.25, 0.25, 0.25, 0.25});
}

TEST_P(EveryPolicy, WeightsAreShares) {
  if (GetParam() == BalancerPolicy::kRandom) GTEST_SKIP() << "does not look at weights";
  spec_.ring_hash.ring_size_min = 100'000;
  // Peak EWMA compares hosts that answer alike by nothing but who was drawn first.
  ExpectNear(Tally(spec_, Hosts({1, 2, 5})).Parts(), {0.125, 0.25, 0.625});
}

TEST_P(EveryPolicy, PrioritiesShareByTheirLoad) {
  std::vector<HostEntry> entries;
  for (int i = 0; i < 10; ++i) {
    entries.push_back(
        TestEntry(i + 1, 1, 0, i < 5 ? HostFlags() : HostFlags{HostFlag::kFailedActiveCheck}));
  }
  for (int i = 0; i < 10; ++i) entries.push_back(TestEntry(i + 11, 1, 1));
  const std::vector<double> parts = Tally(spec_, std::move(entries)).Parts();
  double first = 0;
  for (int i = 0; i < 10; ++i) first += parts[i];
  EXPECT_NEAR(first, 0.7, 0.02);
  for (int i = 5; i < 10; ++i) EXPECT_EQ(parts[i], 0);
}

TEST_P(EveryPolicy, LocalitiesShareByTheirWeights) {
  spec_.locality_weighted = true;
  spec_.ring_hash.ring_size_min = 100'000;
  Tally tally(spec_, {InLocality(TestEntry(1), "a", 1), InLocality(TestEntry(2), "a", 1),
                      InLocality(TestEntry(3), "b", 4)});
  ExpectNear(tally.Parts(), {0.1, 0.1, 0.8});
}

TEST_P(EveryPolicy, FollowsTheHostSet) {
  FastRandom random(1);
  const auto balancer = MakeBalancer(spec_, random);
  balancer->SetHosts(WeightedHosts({1, 9}, spec_));
  EXPECT_NE(balancer->Pick({random}), nullptr);
  const auto fewer = WeightedHosts({1}, spec_);
  balancer->SetHosts(fewer);
  EXPECT_EQ(balancer->Pick({random}), fewer->hosts[0].get());
  balancer->SetHosts(MakeHostSet({}, spec_));
  EXPECT_EQ(balancer->Pick({random}), nullptr);
}

TEST(Random, WeightsDoNotCount) {
  ExpectNear(Tally({.policy = BalancerPolicy::kRandom}, Hosts({1, 9})).Parts(), {0.5, 0.5});
}

TEST(Weights, TooManyDifferentOnesAreRounded) {
  std::vector<uint32_t> weights;
  for (uint32_t i = 0; i < 20'000; ++i) weights.push_back(1'000'000 + 1000 * i);
  const auto set = WeightedHosts(weights);
  const HostGroup& group = set->groups[0].group;
  EXPECT_LE(group.classes().size(), 2048u);
  EXPECT_EQ(group.hosts().size(), 20'000u);
  double sum = 0;
  for (const uint32_t weight : weights) sum += weight;
  EXPECT_NEAR(group.weight_sum() / sum, 1, 0.001);
  // So many and no more stay as they are.
  EXPECT_EQ(
      WeightedHosts({weights.begin(), weights.begin() + 1024})->groups[0].group.classes().size(),
      1024u);
}

// ---- Least request.

BalancerSpec LeastRequestOf(LeastRequestSpec spec) {
  return {.policy = BalancerPolicy::kLeastRequest, .least_request = spec};
}

TEST(LeastRequest, TheBusierOfTwoIsNotPicked) {
  Tally tally(LeastRequestOf({}), Hosts({1, 1}));
  tally.host(0).rq_active = 1;
  ExpectNear(tally.Parts(1000), {0, 1}, 0);
}

TEST(LeastRequest, MoreChoicesFindTheIdleHostMoreOften) {
  const auto part_of_idle = [](uint32_t choices) {
    Tally tally(LeastRequestOf({.choices = choices}), Hosts(std::vector<uint32_t>(20, 1)));
    for (size_t i = 1; i < 20; ++i) tally.host(i).rq_active = 5;
    return tally.Parts()[0];
  };
  EXPECT_NEAR(part_of_idle(2), 2.0 / 20, 0.015);
  EXPECT_NEAR(part_of_idle(10), 1 - std::pow(18.0 / 19, 9) * 19 / 20, 0.02);
}

TEST(LeastRequest, FullScanFindsTheIdlestAlways) {
  Tally tally(LeastRequestOf({.full_scan = true}), Hosts(std::vector<uint32_t>(20, 1)));
  for (size_t i = 0; i < 20; ++i) tally.host(i).rq_active = i == 7 || i == 9 ? 1 : 2;
  const std::vector<double> parts = tally.Parts();
  EXPECT_NEAR(parts[7], 0.5, 0.02);
  EXPECT_NEAR(parts[9], 0.5, 0.02);
}

TEST(LeastRequest, WithWeightsRequestsPerWeightCount) {
  Tally tally(LeastRequestOf({}), Hosts({1, 4}));
  // As busy as their weights say: traffic is by weight.
  tally.host(0).rq_active = 10;
  tally.host(1).rq_active = 40;
  ExpectNear(tally.Parts(), {0.2, 0.8});
  // The heavy one has nine times its due: drawn first in 4 of 5 cases, it gives way, with 8 of 9,
  // where the other is drawn then.
  tally.host(1).rq_active = 360;
  ExpectNear(tally.Parts(), {0.2 + 0.8 * 0.2 * 8 / 9, 0.8 - 0.8 * 0.2 * 8 / 9});
}

TEST(LeastRequest, TheBiasSaysHowMuchRequestsCount) {
  const auto part_of_busy = [](double bias) {
    Tally tally(LeastRequestOf({.active_request_bias = bias}), Hosts({1, 2}));
    tally.host(0).rq_active = 4;
    tally.host(1).rq_active = 2;  // a quarter of the load for its weight
    return tally.Parts()[0];
  };
  const auto wanted = [](double bias) {
    return 1.0 / 3 - 1.0 / 3 * 2 / 3 * (1 - std::pow(0.25, bias));
  };
  for (const double bias : {0.0, 0.5, 1.0, 2.0}) {
    EXPECT_NEAR(part_of_busy(bias), wanted(bias), 0.02) << bias;
  }
}

TEST(LeastRequest, HoldsTheLoadEvenWhereHostsAreOfDifferentSpeed) {
  // Requests end after as many steps as the host is slow.
  Tally tally(LeastRequestOf({}), Hosts(std::vector<uint32_t>(10, 1)));
  std::multimap<int, Host*> ends;
  for (int step = 0; step < 20'000; ++step) {
    for (auto at = ends.begin(); at != ends.end() && at->first <= step; at = ends.erase(at)) {
      --at->second->rq_active;
    }
    Host* const host = tally.Pick();
    ++host->rq_active;
    ends.emplace(step + (host == &tally.host(0) ? 400 : 40), host);
  }
  uint32_t most = 0;
  for (size_t i = 0; i < 10; ++i) most = std::max<uint32_t>(most, tally.host(i).rq_active);
  EXPECT_LE(most, 12u);
}

// ---- Consistent hashing.

std::map<uint64_t, const Host*> Placements(Tally& tally, int count = 10'000) {
  std::map<uint64_t, const Host*> placed;
  FastRandom hashes(99);
  for (int i = 0; i < count; ++i) {
    const uint64_t hash = hashes.Next();
    placed[hash] = tally.Pick({.random = tally.random(), .hash = hash});
  }
  return placed;
}

class Hashing : public testing::TestWithParam<BalancerPolicy> {
 protected:
  BalancerSpec spec_{.policy = GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Balancers, Hashing,
                         testing::Values(BalancerPolicy::kRingHash, BalancerPolicy::kMaglev));

TEST_P(Hashing, TheSameHashGoesToTheSameHostOnEveryWorker) {
  const std::vector<HostEntry> hosts = Hosts({1, 2, 3});
  Tally one(spec_, hosts, 1), other(spec_, hosts, 2);
  EXPECT_EQ(Placements(one), Placements(other));
}

TEST_P(Hashing, FewRequestsMoveWhenAHostGoes) {
  std::vector<HostEntry> hosts = Hosts(std::vector<uint32_t>(20, 1));
  Tally before(spec_, hosts);
  const Host* const gone = hosts[5].host.get();
  const auto first = Placements(before);
  hosts.erase(hosts.begin() + 5);
  Tally after(spec_, hosts);
  int moved = 0, of_gone = 0;
  for (const auto& [hash, host] : Placements(after)) {
    if (first.at(hash) == gone) {
      ++of_gone;
    } else {
      moved += first.at(hash) != host;
    }
  }
  EXPECT_GT(of_gone, 200);
  // Of the others a few: those that stay have 54 places on the ring each, where they had 52.
  EXPECT_LE(moved, 500);
}

TEST_P(Hashing, WhoAHostIsMayBeItsName) {
  spec_.hash_by_hostname = true;
  const auto named = [](int n, const std::string& name) {
    return HostEntry{std::make_shared<Host>(HostFacts{TestAddress(n), name}, HostFlags())};
  };
  const std::vector<HostEntry> first = {named(1, "a"), named(2, "b"), named(3, "c")};
  const std::vector<HostEntry> second = {named(7, "a"), named(8, "b"), named(9, "c")};
  Tally before(spec_, first), after(spec_, second);
  const auto now = Placements(after);
  for (const auto& [hash, host] : Placements(before)) {
    EXPECT_EQ(host->facts().hostname, now.at(hash)->facts().hostname);
  }
}

TEST_P(Hashing, ABalanceFactorBoundsWhatOneHostGets) {
  spec_.hash_balance_percent = 150;
  Tally tally(spec_, Hosts(std::vector<uint32_t>(10, 1)));
  // All requests have one hash, and none ends.
  uint32_t active = 0;
  for (; active < 1000; ++active) {
    ++tally.Pick({.random = tally.random(), .hash = 77, .requests_active = active})->rq_active;
  }
  for (size_t i = 0; i < 10; ++i) EXPECT_LE(tally.host(i).rq_active, 151u) << i;
  // Where there is room, the hash's own host keeps its requests.
  Tally idle(spec_, Hosts(std::vector<uint32_t>(10, 1)));
  Host* const own = idle.Pick({.random = idle.random(), .hash = 77});
  for (int i = 0; i < 10; ++i) EXPECT_EQ(idle.Pick({.random = idle.random(), .hash = 77}), own);
}

TEST(RingHash, SizesAreBounded) {
  const auto size = [](uint64_t min, uint64_t max, const std::vector<uint32_t>& weights) {
    BalancerSpec spec{.policy = BalancerPolicy::kRingHash};
    spec.ring_hash = {.ring_size_min = min, .ring_size_max = max};
    return WeightedHosts(weights, spec)->groups[0].group.ring->size();
  };
  EXPECT_EQ(size(1024, 8 << 20, {1, 1}), 1024u);
  EXPECT_EQ(size(1000, 8 << 20, {1, 1, 1}), 1002u);  // each a whole number of places
  EXPECT_EQ(size(1, 8 << 20, {1, 1, 1}), 3u);
  EXPECT_EQ(size(1024, 100, {1, 1}), 100u);
  EXPECT_EQ(size(4, 8 << 20, {1, 3}), 4u);
}

TEST(RingHash, TheHashFunctionIsAChoice) {
  BalancerSpec xx{.policy = BalancerPolicy::kRingHash}, murmur = xx;
  murmur.ring_hash.function = RingHashFunction::kMurmurHash2;
  const std::vector<HostEntry> hosts = Hosts({1, 1, 1});
  Tally one(xx, hosts), other(murmur, hosts);
  EXPECT_NE(Placements(one), Placements(other));
}

TEST(Maglev, TheTableHasItsSizeAndEveryHostItsPart) {
  BalancerSpec spec{.policy = BalancerPolicy::kMaglev, .maglev_table_size = 1009};
  const auto set = WeightedHosts({1, 1, 2}, spec);
  const MaglevTable& table = *set->groups[0].group.maglev;
  ASSERT_EQ(table.size(), 1009u);
  std::map<const Host*, int> places;
  for (size_t i = 0; i < table.size(); ++i) ++places[set->groups[0].group.hosts()[table.HostAt(i)]];
  EXPECT_NEAR(places[set->hosts[0].get()], 252, 2);
  EXPECT_NEAR(places[set->hosts[2].get()], 505, 2);
}

TEST(Maglev, OneHeavyHostAmongManyLightOnesIsNoEndlessWork) {
  BalancerSpec spec{.policy = BalancerPolicy::kMaglev};
  std::vector<uint32_t> weights(5000, 1);
  weights.push_back(4'000'000'000u);
  const auto set = WeightedHosts(weights, spec);
  EXPECT_EQ(set->groups[0].group.maglev->size(), 65537u);
}

// ---- Peak EWMA.

void Answer(Host& host, Duration took, MonotonicTime now, Duration decay = seconds(10)) {
  Latency latency = Latency::Unpack(host.latency);
  latency.Note(took, now, decay);
  host.latency = latency.Pack();
}

TEST(PeakEwma, TheSlowerHostIsAvoided) {
  Tally tally({.policy = BalancerPolicy::kPeakEwma}, Hosts({1, 1, 1, 1}));
  for (size_t i = 0; i < 4; ++i) Answer(tally.host(i), milliseconds(i == 0 ? 100 : 10), tally.now);
  EXPECT_LT(tally.Parts()[0], 0.1);
}

TEST(PeakEwma, RequestsUnderWayCountAsWaiting) {
  Tally tally({.policy = BalancerPolicy::kPeakEwma}, Hosts({1, 1}));
  Answer(tally.host(0), milliseconds(10), tally.now);
  Answer(tally.host(1), milliseconds(25), tally.now);
  EXPECT_GT(tally.Parts()[0], 0.7);
  tally.host(0).rq_active = 5;  // 60 ms of waiting against 25
  EXPECT_LT(tally.Parts()[0], 0.3);
}

TEST(PeakEwma, APeakCountsAtOnceAndFades) {
  Tally tally({.policy = BalancerPolicy::kPeakEwma}, Hosts({1}));
  Host& host = tally.host(0);
  const auto value = [&] { return Latency::Unpack(host.latency).At(tally.now, seconds(10)); };
  Answer(host, milliseconds(10), tally.now);
  Answer(host, milliseconds(500), tally.now);
  EXPECT_FLOAT_EQ(value(), 500'000);
  tally.now += seconds(10);
  EXPECT_NEAR(value(), 500'000 / std::exp(1.0), 10);
  Answer(host, milliseconds(10), tally.now);
  EXPECT_NEAR(value(), 500'000 / std::exp(1.0) + 10'000 * (1 - 1 / std::exp(1.0)), 100);
}

TEST(PeakEwma, AHostOfWhichNothingIsKnownIsAskedButNotByAll) {
  Tally tally({.policy = BalancerPolicy::kPeakEwma}, Hosts({1, 1}));
  Answer(tally.host(0), milliseconds(10), tally.now);
  EXPECT_GT(tally.Parts()[1], 0.7);
  tally.host(1).rq_active = 1;
  EXPECT_LT(tally.Parts()[1], 0.3);
}

}  // namespace
}  // namespace sluice
