#include "source/upstream/balancers/round_robin.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <set>
#include <vector>

#include "gtest/gtest.h"
#include "source/base/random.h"
#include "test/upstream/test_hosts.h"

namespace sluice {
namespace {

std::vector<const Host*> Picks(RoundRobin& balancer, Random& random, size_t count) {
  std::vector<const Host*> picks;
  for (size_t i = 0; i < count; ++i) picks.push_back(balancer.Pick({random}));
  return picks;
}

TEST(RoundRobin, PicksNobodyWhereNobodyIs) {
  FastRandom random(1);
  RoundRobin balancer(random);
  EXPECT_EQ(balancer.Pick({random}), nullptr);
  balancer.SetHosts(MakeHostSet({}));
  EXPECT_EQ(balancer.Pick({random}), nullptr);
}

TEST(RoundRobin, GoesRoundInOrder) {
  FastRandom random(2);
  RoundRobin balancer(random);
  const auto hosts = WeightedHosts({1, 1, 1});
  balancer.SetHosts(hosts);
  const std::vector<const Host*> picks = Picks(balancer, random, 9);
  for (size_t i = 0; i + 3 < picks.size(); ++i) {
    EXPECT_EQ(picks[i], picks[i + 3]);
    EXPECT_NE(picks[i], picks[i + 1]);
    EXPECT_NE(picks[i], picks[i + 2]);
  }
}

TEST(RoundRobin, StartsAtARandomHost) {
  const auto hosts = WeightedHosts({1, 1, 1, 1});
  std::set<const Host*> firsts;
  for (uint64_t seed = 0; seed < 64; ++seed) {
    FastRandom random(seed);
    RoundRobin balancer(random);
    balancer.SetHosts(hosts);
    firsts.insert(balancer.Pick({random}));
  }
  EXPECT_EQ(firsts.size(), 4u);
}

// Any window as long as the sum of weights holds each host as often as its weight, give or take
// one.
void ExpectSmooth(const std::vector<uint32_t>& weights, uint64_t seed) {
  FastRandom random(seed);
  RoundRobin balancer(random);
  const auto hosts = WeightedHosts(weights);
  balancer.SetHosts(hosts);
  const size_t sum = std::accumulate(weights.begin(), weights.end(), size_t{0});
  const std::vector<const Host*> picks = Picks(balancer, random, 5 * sum);
  for (size_t begin = 0; begin + sum <= picks.size(); ++begin) {
    std::map<const Host*, int> seen;
    for (size_t i = begin; i < begin + sum; ++i) ++seen[picks[i]];
    for (size_t i = 0; i < weights.size(); ++i) {
      EXPECT_NEAR(seen[hosts->hosts[i].get()], static_cast<int>(weights[i]), 1)
          << "host " << i << " from " << begin << " seed " << seed;
    }
  }
}

TEST(RoundRobin, KeepsWeightsInEveryWindow) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    ExpectSmooth({1, 2}, seed);
    ExpectSmooth({5, 1, 1}, seed);
    ExpectSmooth({100, 1}, seed);
    ExpectSmooth({3, 5, 7, 11, 13}, seed);
  }
}

TEST(RoundRobin, SpreadsAHeavyHostBetweenTheLightOnes) {
  FastRandom random(7);
  RoundRobin balancer(random);
  const auto hosts = WeightedHosts({4, 1, 1, 1, 1});
  balancer.SetHosts(hosts);
  const Host* const heavy = hosts->hosts[0].get();
  size_t run = 0;
  size_t longest = 0;
  for (const Host* pick : Picks(balancer, random, 800)) {
    run = pick == heavy ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  EXPECT_LE(longest, 3u);
}

TEST(RoundRobin, TakesTheGreatestWeightsThatTheApiAllows) {
  FastRandom random(3);
  RoundRobin balancer(random);
  const auto hosts = WeightedHosts({4'000'000'000u, 1'000'000'000u});
  balancer.SetHosts(hosts);
  size_t first = 0;
  for (const Host* pick : Picks(balancer, random, 100'000)) first += pick == hosts->hosts[0].get();
  EXPECT_NEAR(static_cast<double>(first), 80'000.0, 2.0);
}

TEST(RoundRobin, DueTimesWrapAround) {
  FastRandom random(4);
  RoundRobin balancer(random);
  const auto hosts = WeightedHosts({1, 2});
  balancer.SetHosts(hosts);
  // A round is 2^56 units, so 64 bits are passed after 256 rounds.
  size_t light = 0;
  for (const Host* pick : Picks(balancer, random, 3 * 1000)) light += pick == hosts->hosts[0].get();
  EXPECT_NEAR(static_cast<double>(light), 1000.0, 1.0);
}

TEST(RoundRobin, FollowsTheHostSet) {
  FastRandom random(5);
  RoundRobin balancer(random);
  balancer.SetHosts(WeightedHosts({1, 9}));
  Picks(balancer, random, 7);
  const auto fewer = WeightedHosts({1});
  balancer.SetHosts(fewer);
  for (const Host* pick : Picks(balancer, random, 3)) EXPECT_EQ(pick, fewer->hosts[0].get());
  balancer.SetHosts(MakeHostSet({}));
  EXPECT_EQ(balancer.Pick({random}), nullptr);
}

}  // namespace
}  // namespace sluice
