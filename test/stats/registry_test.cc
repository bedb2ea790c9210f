#include "source/stats/registry.h"

#include <string>

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

}  // namespace
}  // namespace sluice
