// Histogram: durations and sizes in log-linear buckets, one set of buckets per thread, summed by
// the reader. Recording is a bucket computation and two plain stores; the buckets of a thread are
// made by the registry when the histogram is, so recording allocates nothing.
#pragma once

#include <bit>
#include <cstdint>

#include "source/stats/stat_cells.h"

namespace sluice {

class Histogram {
 public:
  // Four buckets per power of two over 0 .. 2^42, the last one for all above: their middle is
  // within 12.5 % of the true value.
  static constexpr uint32_t kBuckets = 4 * 40 + 4;
  // What a histogram takes: the buckets, and the sum.
  static constexpr uint32_t kCells = kBuckets + 1;

  static uint32_t BucketOf(uint64_t value) {
    if (value < 4) return static_cast<uint32_t>(value);
    const uint32_t power = static_cast<uint32_t>(std::bit_width(value)) - 1;
    const uint32_t bucket = (power - 1) * 4 + static_cast<uint32_t>((value >> (power - 2)) & 3);
    return bucket < kBuckets ? bucket : kBuckets - 1;
  }
  static uint64_t LowerBound(uint32_t bucket);  // smallest value of the bucket

  Histogram() = default;  // records into nothing
  explicit Histogram(uint32_t first_cell) : first_(first_cell) {}
  // In the unit of the histogram's name: ms for times, bytes for sizes.
  void Record(StatCells& cells, uint64_t value) const {
    if (first_ == 0) return;
    cells.Add(first_ + BucketOf(value), 1);
    cells.Add(first_ + kBuckets, static_cast<int64_t>(value));
  }
  uint32_t first_cell() const { return first_; }

 private:
  uint32_t first_ = 0;
};

}  // namespace sluice
