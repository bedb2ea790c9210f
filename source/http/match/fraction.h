// Fraction: some of the requests, in parts per million (RuntimeFractionalPercent of Envoy's API;
// there is no runtime to override it). A value.
#pragma once

#include <cstdint>

namespace sluice {

struct Fraction {
  uint32_t parts_per_million = 0;

  // The same `random_value` always gives the same answer.
  bool Includes(uint64_t random_value) const {
    return random_value % 1'000'000 < parts_per_million;
  }
};

}  // namespace sluice
