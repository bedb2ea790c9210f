#include "source/stats/histogram_summary.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "source/stats/histogram.h"

namespace sluice {

double HistogramSummary::Quantile(double q) const {
  if (count == 0) return std::numeric_limits<double>::quiet_NaN();
  const double rank = q * static_cast<double>(count);
  double before = 0;
  for (uint32_t i = 0; i < buckets.size(); ++i) {
    if (buckets[i] == 0) continue;
    const double here = static_cast<double>(buckets[i]);
    if (before + here >= rank) {
      const double low = static_cast<double>(Histogram::LowerBound(i));
      const double width = static_cast<double>(Histogram::LowerBound(i + 1)) - low;
      return low + width * std::max(0.0, rank - before) / here;
    }
    before += here;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

uint64_t HistogramSummary::CountUpTo(double bound) const {
  uint64_t total = 0;
  for (uint32_t i = 0; i < buckets.size(); ++i) {
    const double low = static_cast<double>(Histogram::LowerBound(i));
    if (low > bound) break;
    // Values are whole: a bucket ends at the largest one it can hold.
    const double next = static_cast<double>(Histogram::LowerBound(i + 1));
    const double part = std::min(1.0, (std::floor(bound) + 1 - low) / (next - low));
    total += static_cast<uint64_t>(std::llround(part * static_cast<double>(buckets[i])));
  }
  return std::min(total, count);
}

HistogramSummary HistogramSummary::Since(const HistogramSummary& earlier) const {
  HistogramSummary result = *this;
  if (earlier.buckets.empty()) return result;
  result.count -= earlier.count;
  result.sum -= earlier.sum;
  for (size_t i = 0; i < buckets.size(); ++i) result.buckets[i] -= earlier.buckets[i];
  return result;
}

}  // namespace sluice
