#include "source/event/worker_set.h"

namespace sluice {

void WorkerSet::PostToAll(std::function<void(uint32_t worker)> work) {
  for (uint32_t worker = 0; worker < size(); ++worker) {
    loops_[worker]->Post([work, worker] { work(worker); });
  }
}

}  // namespace sluice
