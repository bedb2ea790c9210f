// WorkerLocal<T>: a const snapshot, published by the main thread to all workers. The only way by
// which anything reaches a worker (HOUSE section 6).
//
// Publish on main; Get on a worker, without an atomic: each worker keeps its own shared_ptr copy,
// which a posted task replaces between two of its turns. A user that must outlive a turn pins with
// Pin().
#pragma once

#include <memory>
#include <vector>

#include "source/event/worker_set.h"

namespace sluice {

template <class T>
class WorkerLocal {
 public:
  // `initial` is what every worker has before the first Publish.
  WorkerLocal(WorkerSet& workers, std::shared_ptr<const T> initial)
      : workers_(workers), slots_(std::make_shared<Slots>(workers.size(), initial)) {}

  void Publish(std::shared_ptr<const T> value) {
    workers_.PostToAll([slots = slots_, value](uint32_t worker) { (*slots)[worker] = value; });
  }
  const T& Get(uint32_t worker) const { return *(*slots_)[worker]; }
  std::shared_ptr<const T> Pin(uint32_t worker) const { return (*slots_)[worker]; }

 private:
  using Slots = std::vector<std::shared_ptr<const T>>;
  WorkerSet& workers_;
  std::shared_ptr<Slots> slots_;  // shared with tasks still on their way when this object dies
};

}  // namespace sluice
