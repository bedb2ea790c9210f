#include "source/stats/histogram.h"

namespace sluice {

uint64_t Histogram::LowerBound(uint32_t bucket) {
  if (bucket < 4) return bucket;
  const uint32_t power = bucket / 4 + 1;
  return (uint64_t{4} + bucket % 4) << (power - 2);
}

}  // namespace sluice
