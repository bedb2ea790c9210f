// Real threads write, grow and read at once: ThreadSanitizer is the judge.
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "source/stats/registry.h"

namespace sluice {
namespace {

TEST(StatsThreads, WritersAreReadAndGivenNewStatsWhileTheyWrite) {
  constexpr int kWriters = 3;
  constexpr int kWrites = 20'000;
  StatsRegistry registry;
  std::vector<std::unique_ptr<StatCells>> cells;
  for (int i = 0; i < kWriters; ++i) {
    cells.push_back(std::make_unique<StatCells>());
    registry.AddCells(*cells.back());
  }
  const Counter counter = registry.GetCounter("writes");
  std::atomic<uint32_t> newest{counter.index()};
  std::vector<std::thread> writers;
  for (int i = 0; i < kWriters; ++i) {
    writers.emplace_back([&, i] {
      for (int n = 0; n < kWrites; ++n) {
        counter.Add(*cells[i]);
        Counter(newest.load(std::memory_order_acquire)).Add(*cells[i], 0);
      }
    });
  }
  int64_t seen = 0;
  for (int i = 0; i < 5000; ++i) {
    newest.store(registry.GetCounter("c" + std::to_string(i)).index(), std::memory_order_release);
    const int64_t now = registry.Value(counter);
    EXPECT_GE(now, seen);
    seen = now;
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(registry.Value(counter), kWriters * kWrites);
}

}  // namespace
}  // namespace sluice
