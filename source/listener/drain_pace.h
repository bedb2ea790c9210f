// DrainPace: how the connections of a filter chain that is no more are ended. A value.
#pragma once

#include <optional>

#include "source/base/units.h"

namespace sluice {

struct DrainPace {
  // Requests that go on for longer are cut off (--drain-time-s).
  Duration time = std::chrono::seconds(600);
  // Connections are told to end one after another, over the first half of that; else all at once
  // (--drain-strategy).
  bool gradual = true;
  // Then tunnels are ended, too, not more than so many in a second on each worker; else they live
  // until one of their ends closes them.
  std::optional<Duration> tunnels_end_after;
  double tunnels_per_second = 0;
};

}  // namespace sluice
