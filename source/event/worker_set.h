// WorkerSet: all workers' loops, as the main thread sees them.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "source/event/event_loop.h"

namespace sluice {

class WorkerSet {
 public:
  explicit WorkerSet(std::vector<EventLoop*> loops) : loops_(std::move(loops)) {}

  uint32_t size() const { return static_cast<uint32_t>(loops_.size()); }
  EventLoop& loop(uint32_t worker) { return *loops_[worker]; }
  // Posts to each worker a copy of `work`, called there with the worker's index.
  void PostToAll(std::function<void(uint32_t worker)> work);

 private:
  std::vector<EventLoop*> loops_;
};

}  // namespace sluice
