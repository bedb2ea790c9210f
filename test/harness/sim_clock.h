// SimClock: the time of a simulated world. Stands still until someone moves it. One thread.
#pragma once

#include "source/base/units.h"

namespace sluice {

class SimClock {
 public:
  MonotonicTime now() const { return now_; }
  WallTime wall_now() const { return kWallStart + (now_ - kStart); }
  // Time never goes back.
  void MoveTo(MonotonicTime time) {
    if (time > now_) now_ = time;
  }

 private:
  static constexpr MonotonicTime kStart{std::chrono::hours(1)};
  // 2026-01-02 03:04:05 UTC: a date whose parts all differ.
  static constexpr WallTime kWallStart{std::chrono::seconds(1767323045)};
  MonotonicTime now_ = kStart;
};

}  // namespace sluice
