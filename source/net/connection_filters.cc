#include "source/net/connection_filters.h"

#include <utility>

namespace sluice {

void ConnectionFilters::Add(std::unique_ptr<NetworkFilter> filter) {
  slots_.push_back({std::move(filter), Buffer(arrived_.pool())});
}

ConnectionFilters::Outcome ConnectionFilters::OnNewConnection() {
  for (Slot& slot : slots_) {
    switch (slot.filter->OnNewConnection()) {
      case NetworkVerdict::kClose:
        return Outcome::kClose;
      case NetworkVerdict::kDetach:
        slot.filter.reset();
        break;
      case NetworkVerdict::kPause:  // there is nothing to keep yet
      case NetworkVerdict::kContinue:
        break;
    }
  }
  return Outcome::kOpen;
}

ConnectionFilters::Outcome ConnectionFilters::Run(End end, Buffer& passed) {
  for (Slot& slot : slots_) {
    if (slot.filter == nullptr) {
      arrived_.MoveFrom(slot.held);
      continue;
    }
    const size_t held = slot.held.size();
    slot.held.MoveFrom(arrived_);
    // Only what is new is news.
    if (slot.held.size() == held && (end == End::kNo || slot.told_end)) return Outcome::kOpen;
    slot.told_end = end == End::kYes;
    const NetworkVerdict verdict = slot.filter->OnBytes(slot.held, end);
    if (verdict == NetworkVerdict::kClose) return Outcome::kClose;
    if (verdict == NetworkVerdict::kPause) {
      return slot.held.size() > kHeldBytesMax ? Outcome::kClose : Outcome::kOpen;
    }
    if (verdict == NetworkVerdict::kDetach) slot.filter.reset();
    arrived_.MoveFrom(slot.held);
  }
  passed.MoveFrom(arrived_);
  ended_ = end == End::kYes;
  return Outcome::kOpen;
}

}  // namespace sluice
