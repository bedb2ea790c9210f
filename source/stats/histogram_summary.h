// HistogramSummary: what a histogram's cells add up to over all threads, at one time. A value.
#pragma once

#include <cstdint>
#include <vector>

namespace sluice {

struct HistogramSummary {
  uint64_t count = 0;
  uint64_t sum = 0;
  std::vector<uint64_t> buckets;  // Histogram::kBuckets counts

  // q in [0, 1]; interpolated within its bucket, NaN for an empty histogram.
  double Quantile(double q) const;
  // How many values are at most `bound`; a bucket that `bound` divides counts in proportion.
  uint64_t CountUpTo(double bound) const;
  // What came since `earlier` was taken.
  HistogramSummary Since(const HistogramSummary& earlier) const;
};

}  // namespace sluice
