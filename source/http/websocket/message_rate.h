// MessageRate: whether one more message may come now: so many in a second, and a burst of them at
// once (a token bucket). Pure: time comes in, and never goes back; any thread.
//
// Kept as the one time at which the bucket will be full again, so that nothing has to be filled up
// while no message comes.
#pragma once

#include <algorithm>
#include <cstdint>

#include "source/base/units.h"

namespace sluice {

class MessageRate {
 public:
  // Neither is 0.
  MessageRate(uint32_t per_second, uint32_t burst)
      : each_(Duration(std::chrono::seconds(1)) / per_second), all_(each_ * burst) {}

  // One that may not come takes nothing.
  bool Take(MonotonicTime now) {
    const MonotonicTime full = std::max(full_, now) + each_;
    if (full - now > all_) return false;
    full_ = full;
    return true;
  }

 private:
  Duration each_;  // to fill in one
  Duration all_;   // to fill in the burst
  MonotonicTime full_{};
};

}  // namespace sluice
