// Real threads write, grow and read at once: ThreadSanitizer is the judge.
#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
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

// Groups come and go, and the last holder is a writer's thread.
TEST(StatsThreads, CellsThatAWriterLetsGoOfComeBackAtZero) {
  StatsRegistry registry;
  StatCells main, worker;
  registry.AddCells(main);
  registry.AddCells(worker);
  static const auto* const table =
      new StatTable({{"writes", StatKind::kCounter}, {"time", StatKind::kHistogram}});
  std::mutex mutex;
  std::deque<std::shared_ptr<const StatGroup>> posted;  // null ends
  std::thread writer([&] {
    while (true) {
      std::shared_ptr<const StatGroup> group;
      {
        const std::lock_guard<std::mutex> lock(mutex);
        if (posted.empty()) continue;
        group = std::move(posted.front());
        posted.pop_front();
      }
      if (group == nullptr) return;
      group->counter(0).Add(worker, 3);
      group->histogram(1).Record(worker, 7);
    }
  });
  for (int i = 0; i < 2000; ++i) {
    auto group = registry.GetGroup("cluster." + std::to_string(i) + ".", *table);
    EXPECT_TRUE(registry.Value(group->counter(0)) == 0) << "it is new";
    const std::lock_guard<std::mutex> lock(mutex);
    posted.push_back(std::move(group));
  }
  {
    const std::lock_guard<std::mutex> lock(mutex);
    posted.push_back(nullptr);
  }
  writer.join();
  int64_t seen = 0;
  registry.ForEach([&](const StatsRegistry::Stat&) { ++seen; });
  EXPECT_EQ(seen, 0) << "nobody holds any";
}

}  // namespace
}  // namespace sluice
