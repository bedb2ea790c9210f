#include "source/listener/connection_balance.h"

namespace sluice {

ConnectionBalance::ConnectionBalance(const std::vector<WorkerContext*>& workers)
    : parts_(workers.size()) {
  for (size_t i = 0; i < workers.size(); ++i) parts_[i].worker = workers[i];
}

uint32_t ConnectionBalance::TakePlace(uint32_t own) {
  for (;;) {
    uint32_t best = own;
    uint32_t fewest = parts_[own].connections.load();
    for (uint32_t i = 0; i < parts_.size(); ++i) {
      const uint32_t count = parts_[i].connections.load();
      if (count >= fewest) continue;
      fewest = count;
      best = i;
    }
    // Another worker may have placed one there meanwhile: then look again.
    if (parts_[best].connections.compare_exchange_strong(fewest, fewest + 1)) return best;
  }
}

}  // namespace sluice
