#include "source/stats/registry.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(StatsRegistry, ANameGivesTheSameHandle) {
  StatsRegistry registry;
  EXPECT_EQ(registry.GetCounter("a").index(), registry.GetCounter("a").index());
  EXPECT_NE(registry.GetCounter("a").index(), registry.GetCounter("b").index());
  EXPECT_EQ(registry.GetHistogram("h").first_cell(), registry.GetHistogram("h").first_cell());
  EXPECT_NE(registry.GetCounter("a").index(), 0u);
}

TEST(StatsRegistry, SumsThreads) {
  StatsRegistry registry;
  StatCells first, second;
  registry.AddCells(first);
  const Counter counter = registry.GetCounter("requests");
  const Gauge gauge = registry.GetGauge("active");
  registry.AddCells(second);
  counter.Add(first, 2);
  counter.Add(second);
  gauge.Add(first);
  gauge.Subtract(second);
  EXPECT_EQ(registry.Value(counter), 3);
  EXPECT_EQ(registry.Value("requests"), 3);
  EXPECT_EQ(registry.Value(gauge), 0);
  EXPECT_EQ(registry.Value("unknown"), 0);
}

TEST(StatsRegistry, AStatThatComesLaterHasRoomOnEveryThread) {
  StatsRegistry registry;
  StatCells first, second;
  registry.AddCells(first);
  registry.AddCells(second);
  for (int i = 0; i < 3000; ++i) {
    const Counter counter = registry.GetCounter("c" + std::to_string(i));
    counter.Add(second);
    ASSERT_EQ(registry.Value(counter), 1);
  }
  const Histogram histogram = registry.GetHistogram("h");
  histogram.Record(first, 10);
  EXPECT_EQ(registry.Summary(histogram).count, 1u);
}

TEST(StatsRegistry, AnotherKindOfTheSameNameCountsIntoNothing) {
  StatsRegistry registry;
  StatCells cells;
  registry.AddCells(cells);
  registry.GetCounter("x").Add(cells, 5);
  const Gauge gauge = registry.GetGauge("x");
  gauge.Set(cells, 100);
  registry.GetHistogram("x").Record(cells, 7);
  EXPECT_EQ(registry.Value("x"), 5);
  EXPECT_EQ(registry.Value(gauge), 0);
  EXPECT_EQ(registry.Summary(registry.GetHistogram("x")).count, 0u);
}

TEST(StatsRegistry, HistogramsAreSummedOverThreads) {
  StatsRegistry registry;
  StatCells first, second;
  registry.AddCells(first);
  registry.AddCells(second);
  const Histogram histogram = registry.GetHistogram("time");
  histogram.Record(first, 3);
  histogram.Record(second, 3);
  histogram.Record(second, 50);
  const HistogramSummary summary = registry.Summary(histogram);
  EXPECT_EQ(summary.count, 3u);
  EXPECT_EQ(summary.sum, 56u);
  EXPECT_EQ(summary.buckets[3], 2u);
  EXPECT_EQ(registry.Value("time"), 3);
}

TEST(StatsRegistry, ComputedGaugesAreReadWhenAsked) {
  StatsRegistry registry;
  int64_t uptime = 1;
  registry.AddComputedGauge("server.uptime", [&] { return uptime; });
  uptime = 5;
  EXPECT_EQ(registry.Value("server.uptime"), 5);
  EXPECT_EQ(registry.GetGauge("server.uptime").index(), 0u);
}

TEST(StatsRegistry, VisitsInOrderOfNameAndKnowsWhatWasUsed) {
  StatsRegistry registry;
  StatCells cells;
  registry.AddCells(cells);
  const Gauge gauge = registry.GetGauge("b.active");
  gauge.Add(cells);
  gauge.Subtract(cells);
  registry.GetCounter("c.unused");
  registry.GetHistogram("a.time").Record(cells, 0);
  registry.GetHistogram("a.idle");
  registry.AddComputedGauge("d.up", [] { return 0; });
  std::string seen;
  registry.ForEach([&](const StatsRegistry::Stat& stat) {
    seen += std::string(stat.name) + (stat.used ? "+" : "-") + std::to_string(stat.value) + " ";
  });
  EXPECT_EQ(seen, "a.idle-0 a.time+1 b.active+0 c.unused-0 d.up+0 ");
}

const StatTable& Table() {
  static const auto* const table = new StatTable({{"requests", StatKind::kCounter},
                                                  {"time", StatKind::kHistogram},
                                                  {"active", StatKind::kGauge}});
  return *table;
}
constexpr size_t kRequests = 0, kTime = 1, kActive = 2;

std::string Names(const StatsRegistry& registry) {
  std::string names;
  registry.ForEach([&](const StatsRegistry::Stat& stat) {
    names += std::string(stat.name) + "=" + std::to_string(stat.value) + " ";
  });
  return names;
}

TEST(StatsRegistry, AGroupIsSeenUnderItsPrefixInOrderWithAllOthers) {
  StatsRegistry registry;
  StatCells cells;
  registry.AddCells(cells);
  registry.GetCounter("cluster.a.b");
  registry.GetCounter("cluster.a.z");
  registry.GetCounter("z");
  const auto a = registry.GetGroup("cluster.a.", Table());
  const auto inner = registry.GetGroup("cluster.a.b.", Table());
  a->counter(kRequests).Add(cells, 2);
  a->histogram(kTime).Record(cells, 9);
  inner->gauge(kActive).Add(cells);
  EXPECT_EQ(Names(registry),
            "cluster.a.active=0 cluster.a.b=0 cluster.a.b.active=1 cluster.a.b.requests=0 "
            "cluster.a.b.time=0 cluster.a.requests=2 cluster.a.time=1 cluster.a.z=0 z=0 ");
  EXPECT_EQ(registry.Value("cluster.a.requests"), 2);
  EXPECT_EQ(registry.Value("cluster.a.b.active"), 1);
}

TEST(StatsRegistry, TheSameIsSeenInPartsOfAnySize) {
  StatsRegistry registry;
  registry.GetCounter("a");
  registry.GetCounter("cluster.a.b");
  registry.GetCounter("cluster.a.z");
  registry.GetCounter("z");
  const auto a = registry.GetGroup("cluster.a.", Table());
  const auto inner = registry.GetGroup("cluster.a.b.", Table());
  const auto other = registry.GetGroup("cluster.b.", Table());
  for (size_t size = 1; size <= 14; ++size) {
    std::string after, names;
    bool more = true;
    while (more) {
      more = registry.ForSome(after, size, [&](const StatsRegistry::Stat& stat) {
        names += std::string(stat.name) + "=" + std::to_string(stat.value) + " ";
      });
    }
    EXPECT_EQ(names, Names(registry)) << size;
  }
}

TEST(StatsRegistry, AGroupIsTheSameForAllWhoHoldIt) {
  StatsRegistry registry;
  StatCells cells;
  registry.AddCells(cells);
  const auto first = registry.GetGroup("cluster.a.", Table());
  const auto second = registry.GetGroup("cluster.a.", Table());
  EXPECT_EQ(first, second);
  EXPECT_EQ(registry.GetCounter("cluster.a.requests").index(), first->counter(kRequests).index());
  EXPECT_EQ(registry.GetGauge("cluster.a.requests").index(), 0u) << "another kind";
  EXPECT_NE(registry.GetGroup("cluster.b.", Table())->counter(kRequests).index(),
            first->counter(kRequests).index());
}

TEST(StatsRegistry, WhatNobodyHoldsIsGoneAndBeginsAnewAtZero) {
  StatsRegistry registry;
  StatCells cells;
  registry.AddCells(cells);
  auto group = registry.GetGroup("cluster.a.", Table());
  group->counter(kRequests).Add(cells, 5);
  group->histogram(kTime).Record(cells, 9);
  group.reset();
  EXPECT_EQ(Names(registry), "");
  EXPECT_EQ(registry.Value("cluster.a.requests"), 0);
  group = registry.GetGroup("cluster.a.", Table());
  EXPECT_EQ(Names(registry), "cluster.a.active=0 cluster.a.requests=0 cluster.a.time=0 ");
}

TEST(StatsRegistry, ThingsThatComeAndGoTakeTheCellsOfThoseBefore) {
  StatsRegistry registry;
  StatCells cells;
  registry.AddCells(cells);
  uint32_t highest = 0;
  for (int i = 0; i < 5000; ++i) {
    const auto group = registry.GetGroup("cluster." + std::to_string(i) + ".", Table());
    group->counter(kRequests).Add(cells);
    ASSERT_EQ(registry.Value(group->counter(kRequests)), 1);
    highest = std::max(highest, group->histogram(kTime).first_cell());
  }
  EXPECT_LT(highest, 3 * StatCells::kChunkCells);
}

TEST(StatsRegistry, ComputedGroupsAreReadWhenAskedAndOnlyWhileTheyAreHeld) {
  StatsRegistry registry;
  static const auto* const table =
      new StatTable({{"open", StatKind::kGauge}, {"remaining", StatKind::kGauge}});
  int64_t limit = 3;
  auto group = registry.ComputeGroup(
      "cluster.a.", *table, [&](size_t line) { return limit + static_cast<int64_t>(line); });
  limit = 7;
  EXPECT_EQ(Names(registry), "cluster.a.open=7 cluster.a.remaining=8 ");
  const auto other = registry.ComputeGroup("cluster.a.", *table, [](size_t) { return 1; });
  group.reset();
  EXPECT_EQ(Names(registry), "cluster.a.open=1 cluster.a.remaining=1 ");
}

TEST(StatsRegistry, OnlyHistogramsThatRecordedAreVisitedAsUsed) {
  StatsRegistry registry;
  StatCells cells;
  registry.AddCells(cells);
  const auto used = registry.GetGroup("cluster.a.", Table());
  const auto idle = registry.GetGroup("cluster.b.", Table());
  used->histogram(kTime).Record(cells, 0);
  registry.GetHistogram("single").Record(cells, 1);
  registry.GetHistogram("single.idle");
  std::vector<uint32_t> seen;
  registry.ForEachUsedHistogram([&](Histogram at) { seen.push_back(at.first_cell()); });
  EXPECT_EQ(seen, (std::vector<uint32_t>{registry.GetHistogram("single").first_cell(),
                                         used->histogram(kTime).first_cell()}));
}

}  // namespace
}  // namespace sluice
