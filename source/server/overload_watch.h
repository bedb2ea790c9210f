// OverloadWatch: looks at the heap from time to time and says, in ProcessFacts, what is to be
// refused while it is nearly full.
//
// Main thread. Until Start, and without a limit, nothing is refused.
#pragma once

#include <array>
#include <cstdint>
#include <functional>

#include "source/event/timer.h"
#include "source/event/worker_context.h"
#include "source/sdk/process_facts.h"
#include "source/server/overload_config.h"
#include "source/stats/counter.h"
#include "source/stats/registry.h"

namespace sluice {

class OverloadWatch {
 public:
  // The heap, as the system's or as a test's.
  struct Heap {
    std::function<int64_t()> used_bytes;
    std::function<void()> shrink;
  };
  OverloadWatch(WorkerContext& main, StatsRegistry& stats, OverloadState& state, Heap heap);

  // Once, before any connection.
  void Start(OverloadSpec spec);

 private:
  void Check();
  void Shrink(bool is_due);

  WorkerContext& main_;
  StatsRegistry& stats_;
  OverloadState& state_;
  const Heap heap_;
  OverloadSpec spec_;
  Gauge pressure_;  // in percent
  std::array<Gauge, static_cast<size_t>(OverloadAction::kCount)> active_;
  MonotonicTime shrunk_at_{};
  bool shrinks_ = false;
  Timer next_;
};

}  // namespace sluice
