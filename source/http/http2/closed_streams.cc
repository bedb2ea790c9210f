#include "source/http/http2/closed_streams.h"

namespace sluice {

void ClosedStreams::OnOpened(int32_t id) {
  if (id > newest_ + 2) {
    passed_over_first_ = newest_ + 2;
    passed_over_last_ = id - 2;
  }
  newest_ = id;
}

void ClosedStreams::OnEndedByClient(int32_t id, Fate fate) {
  ended_[next_] = static_cast<uint32_t>(id) + (fate == Fate::kReset ? 1 : 0);
  next_ = (next_ + 1) % kRemembered;
}

ClosedStreams::Fate ClosedStreams::Find(int32_t id) const {
  if (id > newest_ || id % 2 == 0) return Fate::kUnknown;
  if (id >= passed_over_first_ && id <= passed_over_last_) return Fate::kNeverUsed;
  const auto number = static_cast<uint32_t>(id);
  for (const uint32_t ended : ended_) {
    if (ended == number) return Fate::kEnded;
    if (ended == number + 1) return Fate::kReset;
  }
  return Fate::kUnknown;
}

}  // namespace sluice
