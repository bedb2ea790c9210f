#include "source/upstream/health/health_state.h"

#include <vector>

#include "gtest/gtest.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Change = HealthStep::Change;
constexpr auto kPass = ProbeVerdict::kPass;
constexpr auto kFail = ProbeVerdict::kFail;
constexpr auto kNetwork = ProbeVerdict::kNetwork;
constexpr auto kRetriable = ProbeVerdict::kRetriable;
constexpr auto kTimeout = ProbeVerdict::kTimeout;
constexpr auto kDegraded = ProbeVerdict::kDegraded;

HealthRules Thresholds(uint32_t unhealthy, uint32_t healthy) {
  HealthRules rules;
  rules.unhealthy_threshold = unhealthy;
  rules.healthy_threshold = healthy;
  return rules;
}

// After `verdicts`: "F" where it fails, "." where it passes, one letter each.
std::string Course(const HealthRules& rules, const std::vector<ProbeVerdict>& verdicts) {
  HealthState state(rules);
  std::string course;
  for (const ProbeVerdict verdict : verdicts) {
    state.Take(verdict);
    course += state.failing() ? 'F' : '.';
  }
  return course;
}

TEST(HealthState, AHostFailsUntilItsFirstPass) {
  const HealthRules rules;
  HealthState state(rules);
  EXPECT_TRUE(state.failing());
  EXPECT_FALSE(state.checked());
  EXPECT_TRUE(state.Take(kPass).was_first);
  EXPECT_FALSE(state.failing());
  EXPECT_TRUE(state.checked());
  EXPECT_FALSE(state.Take(kPass).was_first);
}

TEST(HealthState, OnePassSufficesAsTheFirstResultWhateverTheThreshold) {
  EXPECT_EQ(Course(Thresholds(1, 5), {kPass}), ".");
}

TEST(HealthState, AfterAFailureTheThresholdOfPassesCounts) {
  EXPECT_EQ(Course(Thresholds(1, 3), {kNetwork, kPass, kPass, kPass}), "FFF.");
}

TEST(HealthState, AFailureInBetweenStartsTheCountOfPassesAgain) {
  EXPECT_EQ(Course(Thresholds(1, 2), {kNetwork, kPass, kNetwork, kPass, kPass}), "FFFF.");
}

TEST(HealthState, NetworkFailuresAndTimeoutsAndRetriableAnswersCountToTheThreshold) {
  EXPECT_EQ(Course(Thresholds(3, 1), {kPass, kNetwork, kTimeout, kRetriable}), "...F");
}

TEST(HealthState, APassInBetweenStartsTheCountOfFailuresAgain) {
  EXPECT_EQ(Course(Thresholds(2, 1), {kPass, kNetwork, kPass, kNetwork, kNetwork}), "....F");
}

TEST(HealthState, AnAnswerThatSaysNoFailsAtOnce) {
  EXPECT_EQ(Course(Thresholds(9, 1), {kPass, kFail}), ".F");
  EXPECT_EQ(Course(Thresholds(9, 1), {kPass, ProbeVerdict::kExcluded}), ".F");
  EXPECT_EQ(Course(Thresholds(9, 1), {kPass, ProbeVerdict::kPassive}), ".F");
}

TEST(HealthState, SaysWhatAResultHasChanged) {
  const HealthRules rules = Thresholds(2, 2);
  HealthState state(rules);
  EXPECT_EQ(state.Take(kNetwork).change, Change::kNone);  // it has failed from the start
  EXPECT_EQ(state.Take(kPass).change, Change::kPending);
  EXPECT_EQ(state.Take(kPass).change, Change::kFlipped);
  EXPECT_EQ(state.Take(kPass).change, Change::kNone);
  EXPECT_EQ(state.Take(kNetwork).change, Change::kPending);
  EXPECT_EQ(state.Take(kNetwork).change, Change::kFlipped);
  EXPECT_EQ(state.Take(kNetwork).change, Change::kNone);
}

TEST(HealthState, DegradedComesAndGoesWithTheAnswersThatSaySo) {
  const HealthRules rules;
  HealthState state(rules);
  EXPECT_TRUE(state.Take(kDegraded).degraded_changed);
  EXPECT_FALSE(state.failing());
  EXPECT_TRUE(state.degraded());
  EXPECT_EQ(state.Take(kDegraded).change, Change::kNone);
  const HealthStep back = state.Take(kPass);
  EXPECT_TRUE(back.degraded_changed);
  EXPECT_EQ(back.change, Change::kFlipped);
  EXPECT_FALSE(state.degraded());
}

TEST(HealthState, ATimeoutShowsAsOneWhileTheHostFails) {
  const HealthRules rules = Thresholds(2, 1);
  HealthState state(rules);
  state.Take(kPass);
  state.Take(kTimeout);
  EXPECT_FALSE(state.timed_out());  // it still passes
  state.Take(kTimeout);
  EXPECT_TRUE(state.timed_out());
  state.Take(kNetwork);
  EXPECT_FALSE(state.timed_out());
  state.Take(kTimeout);
  state.Take(kPass);
  EXPECT_FALSE(state.timed_out());
}

TEST(HealthState, AHostThatAskedToBeCountedOutIsUntilItPasses) {
  const HealthRules rules;
  HealthState state(rules);
  state.Take(kPass);
  state.Take(ProbeVerdict::kExcluded);
  EXPECT_TRUE(state.excluded());
  state.Take(kNetwork);
  EXPECT_TRUE(state.excluded());
  state.Take(kPass);
  EXPECT_FALSE(state.excluded());
}

// ---- When to ask again.

HealthRules AllDifferent() {
  HealthRules rules = Thresholds(2, 2);
  rules.interval = seconds(1);
  rules.healthy_edge_interval = seconds(2);
  rules.unhealthy_interval = seconds(3);
  rules.unhealthy_edge_interval = seconds(4);
  rules.no_traffic_interval = seconds(5);
  rules.no_traffic_healthy_interval = seconds(6);
  return rules;
}

// The waits after each of `verdicts`, in seconds.
std::string Waits(Traffic traffic, const std::vector<ProbeVerdict>& verdicts) {
  const HealthRules rules = AllDifferent();
  HealthState state(rules);
  FastRandom random(1);
  std::string waits;
  for (const ProbeVerdict verdict : verdicts) {
    const HealthStep step = state.Take(verdict);
    waits += static_cast<char>('0' + state.NextWait(step, traffic, random) / seconds(1));
  }
  return waits;
}

TEST(HealthIntervals, AHealthyHostsIsTheIntervalAndTheEdgeOnesFollowChanges) {
  EXPECT_EQ(Waits(Traffic::kSeen, {kPass, kPass, kPass}), "211");
}

TEST(HealthIntervals, WhatIsAboutToFlipHasTheEdgeInterval) {
  EXPECT_EQ(Waits(Traffic::kSeen, {kPass, kNetwork, kNetwork, kNetwork, kPass, kPass, kPass}),
            "2443221");
}

TEST(HealthIntervals, WithoutTrafficTheNoTrafficIntervalsWinOverAll) {
  EXPECT_EQ(Waits(Traffic::kNever, {kPass, kPass, kNetwork, kNetwork, kNetwork, kPass, kPass}),
            "6655556");
}

TEST(HealthIntervals, JittersAreAddedEachUpToItsLimit) {
  HealthRules rules;
  rules.interval = rules.healthy_edge_interval = seconds(10);
  rules.interval_jitter = milliseconds(500);
  rules.interval_jitter_percent = 20;
  HealthState state(rules);
  FastRandom random(7);
  Duration least = seconds(100), most{0};
  for (int i = 0; i < 2000; ++i) {
    const Duration wait = state.NextWait(state.Take(kPass), Traffic::kSeen, random);
    least = std::min(least, wait);
    most = std::max(most, wait);
  }
  EXPECT_GE(least, seconds(10));
  EXPECT_LT(least, milliseconds(10100));
  EXPECT_GT(most, milliseconds(12300));
  EXPECT_LT(most, milliseconds(12500));
}

TEST(HealthIntervals, TheLongestIntervalHasAJitterToo) {
  HealthRules rules;
  rules.interval = std::chrono::hours(24 * 365 * 100);
  rules.interval_jitter_percent = 100;
  HealthState state(rules);
  FastRandom random(7);
  state.Take(kPass);
  EXPECT_GE(state.NextWait(state.Take(kPass), Traffic::kSeen, random), rules.interval);
}

TEST(HealthIntervals, NoIntervalIsNothingAtAll) {
  HealthRules rules;
  rules.interval = rules.healthy_edge_interval = Duration(1);
  HealthState state(rules);
  FastRandom random(7);
  EXPECT_EQ(state.NextWait(state.Take(kPass), Traffic::kSeen, random), milliseconds(1));
}

TEST(HealthIntervals, TheFirstProbeIsAtOnceOrWithinTheInitialJitter) {
  HealthRules rules;
  FastRandom random(7);
  EXPECT_EQ(HealthState(rules).FirstWait(random), Duration::zero());
  rules.initial_jitter = seconds(1);
  Duration most{0};
  for (int i = 0; i < 1000; ++i) most = std::max(most, HealthState(rules).FirstWait(random));
  EXPECT_GT(most, milliseconds(950));
  EXPECT_LT(most, seconds(1));
}

}  // namespace
}  // namespace sluice
