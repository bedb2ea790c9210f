// SimWorld: a whole machine on one thread: a clock, a main loop and N worker loops, a network,
// seeded randomness, stats. Time moves only when nothing else can happen, and jumps: a timeout of
// an hour costs nothing.
//
// When it dies it complains, by failing the test, of whatever is left over: open handles,
// listeners, bytes under way, armed timers, held buffers. So it must outlive what runs in it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "source/base/random.h"
#include "source/event/worker_context.h"
#include "source/event/worker_set.h"
#include "source/stats/registry.h"
#include "test/harness/memory_network.h"
#include "test/harness/sim_clock.h"
#include "test/harness/sim_poller.h"

namespace sluice {

struct SimOptions {
  uint32_t workers = 1;
  uint64_t seed = 1;
};

class SimWorld {
 public:
  explicit SimWorld(const SimOptions& options = {});
  ~SimWorld();
  SimWorld(const SimWorld&) = delete;
  SimWorld& operator=(const SimWorld&) = delete;

  WorkerContext& worker(uint32_t index = 0);
  WorkerContext& main();
  SimPoller& poller(uint32_t worker = 0);
  WorkerSet& workers() { return *worker_set_; }
  Network& network() { return network_; }
  MemoryNetwork& memory() { return network_; }
  StatsRegistry& stats() { return stats_; }
  SimClock& clock() { return clock_; }
  Random& random() { return random_; }
  MonotonicTime now() const { return clock_.now(); }

  // Until nothing can happen but timers that are not yet due. Moves time only for bytes under way.
  void RunUntilIdle();
  // RunUntilIdle, now and at every timer and arrival of this duration, to its end.
  void Advance(Duration duration);
  // Like Advance, but stops as soon as `done`; whether it came to that.
  bool AdvanceUntil(const std::function<bool()>& done, Duration at_most);

  // From now on the thread is quicker than those that post to it: before Post returns, what is due
  // on the network has come, and the thread has done all there is to do. Main's index is behind the
  // workers'. `before` is called first.
  void MakeQuick(uint32_t thread, std::function<void()> before = nullptr);

  // For tests that end in the middle on purpose.
  void IgnoreLeftOvers() { complain_ = false; }
  // What the end of the world would complain of, one line each.
  std::vector<std::string> LeftOvers() const;

 private:
  struct SimThread;
  bool TurnAll();
  bool Turn(SimThread& thread);
  std::optional<MonotonicTime> NextTimer() const;
  SimClock clock_;
  FastRandom random_;
  MemoryNetwork network_{clock_};
  StatsRegistry stats_;
  std::vector<std::unique_ptr<SimThread>> threads_;  // the workers', then main's
  std::unique_ptr<WorkerSet> worker_set_;
  bool complain_ = true;
};

}  // namespace sluice
