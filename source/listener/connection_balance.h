// ConnectionBalance: how many connections each worker has of one listening address, and whose turn
// it is to get the next (exact_balance). Shared by the listener's parts on all workers, by atomics:
// nearly exact, as a connection may end while the next one is placed.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "source/event/worker_context.h"

namespace sluice {

class WorkerListener;

class ConnectionBalance {
 public:
  explicit ConnectionBalance(const std::vector<WorkerContext*>& workers);

  // A place for one more: of the worker with the fewest, `own` first among equals.
  uint32_t TakePlace(uint32_t own);
  void TakePlaceOf(uint32_t worker) { parts_[worker].connections.fetch_add(1); }
  void LeavePlace(uint32_t worker) { parts_[worker].connections.fetch_sub(1); }

  WorkerContext& worker(uint32_t index) const { return *parts_[index].worker; }
  // Touched on that worker only; null while there is none.
  WorkerListener*& listener(uint32_t index) { return parts_[index].listener; }

 private:
  struct Part {
    WorkerContext* worker = nullptr;
    WorkerListener* listener = nullptr;
    std::atomic<uint32_t> connections{0};
  };
  std::vector<Part> parts_;  // by worker index; never resized
};

}  // namespace sluice
