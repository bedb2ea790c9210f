#include "test/harness/sim_world.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "source/base/check.h"
#include "source/base/slab_pool.h"

namespace sluice {
namespace {

// A world that is still busy after so many rounds at one instant is not going to rest.
constexpr int kRoundsMax = 1000000;

}  // namespace

struct SimWorld::SimThread {
  SimThread(SimClock& clock, uint64_t seed, uint32_t index)
      : poller(clock), loop(poller), random(seed), context{loop, slabs, random, cells, index} {}
  SlabPool slabs;  // outlives what the loop still holds
  SimPoller poller;
  EventLoop loop;
  FastRandom random;
  StatCells cells;
  WorkerContext context;
  bool in_turn = false;
};

SimWorld::SimWorld(const SimOptions& options) : random_(options.seed) {
  std::vector<EventLoop*> loops;
  for (uint32_t i = 0; i <= options.workers; ++i) {
    threads_.push_back(std::make_unique<SimThread>(clock_, random_.Next(), i));
    stats_.AddCells(threads_.back()->cells);
    if (i < options.workers) loops.push_back(&threads_.back()->loop);
  }
  worker_set_ = std::make_unique<WorkerSet>(std::move(loops));
}

SimWorld::~SimWorld() {
  if (!complain_ || ::testing::Test::HasFatalFailure()) return;
  for (const std::string& line : LeftOvers()) ADD_FAILURE() << "left over: " << line;
}

WorkerContext& SimWorld::worker(uint32_t index) {
  SLUICE_CHECK(index + 1 < threads_.size());
  return threads_[index]->context;
}

WorkerContext& SimWorld::main() { return threads_.back()->context; }

SimPoller& SimWorld::poller(uint32_t worker) { return threads_[worker]->poller; }

bool SimWorld::TurnAll() {
  bool ran = network_.Pump();
  // Main first, as it publishes what the workers then see.
  ran |= Turn(*threads_.back());
  for (size_t i = 0; i + 1 < threads_.size(); ++i) ran |= Turn(*threads_[i]);
  return ran;
}

bool SimWorld::Turn(SimThread& thread) {
  if (thread.in_turn) return false;
  thread.in_turn = true;
  const bool ran = thread.loop.TurnWithoutWaiting();
  thread.in_turn = false;
  return ran;
}

void SimWorld::MakeQuick(uint32_t thread, std::function<void()> before) {
  SLUICE_CHECK(thread < threads_.size());
  SimThread& quick = *threads_[thread];
  quick.poller.OnWake([this, &quick, before = std::move(before)] {
    if (quick.in_turn) return;
    if (before) before();
    do network_.Pump();
    while (Turn(quick));
  });
}

void SimWorld::RunUntilIdle() {
  for (int round = 0; round < kRoundsMax; ++round) {
    if (TurnAll()) continue;
    const std::optional<MonotonicTime> arrival = network_.NextEvent();
    if (!arrival.has_value()) return;
    // A timer that is due before the bytes come fires before.
    const std::optional<MonotonicTime> timer = NextTimer();
    clock_.MoveTo(std::min(*arrival, timer.value_or(*arrival)));
  }
  ADD_FAILURE() << "the world does not come to rest";
  SLUICE_CHECK(false);
}

void SimWorld::Advance(Duration duration) {
  AdvanceUntil([] { return false; }, duration);
}

bool SimWorld::AdvanceUntil(const std::function<bool()>& done, Duration at_most) {
  const MonotonicTime end = clock_.now() + at_most;
  for (int round = 0; round < kRoundsMax; ++round) {
    const bool ran = TurnAll();
    if (done()) return true;
    if (ran) continue;
    const std::optional<MonotonicTime> arrival = network_.NextEvent();
    const std::optional<MonotonicTime> timer = NextTimer();
    const MonotonicTime next = std::min(arrival.value_or(end), timer.value_or(end));
    if (clock_.now() >= end) return false;
    clock_.MoveTo(std::min(next, end));
  }
  ADD_FAILURE() << "the world does not come to rest";
  SLUICE_CHECK(false);
  return false;
}

std::optional<MonotonicTime> SimWorld::NextTimer() const {
  std::optional<MonotonicTime> next;
  for (const std::unique_ptr<SimThread>& thread : threads_) {
    const std::optional<MonotonicTime> wake = thread->loop.timers().NextWake();
    if (wake.has_value()) next = std::min(next.value_or(*wake), *wake);
  }
  return next;
}

std::vector<std::string> SimWorld::LeftOvers() const {
  std::vector<std::string> lines = network_.LeftOvers();
  for (const std::unique_ptr<SimThread>& thread : threads_) {
    const std::string where = absl::StrCat(" on thread ", thread->context.index);
    if (const size_t n = thread->loop.timers().armed_count(); n > 0) {
      lines.push_back(absl::StrCat(n, " armed timers", where));
    }
    if (const size_t n = thread->slabs.blocks_in_use(); n > 0) {
      lines.push_back(absl::StrCat(n, " blocks in use", where));
    }
    if (const size_t n = thread->poller.watch_count(); n > 0) {
      lines.push_back(absl::StrCat(n, " watched descriptors", where));
    }
  }
  return lines;
}

}  // namespace sluice
