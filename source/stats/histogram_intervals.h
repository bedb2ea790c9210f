// HistogramIntervals: what each histogram recorded in the last whole interval, beside its total.
//
// Main thread. Whoever owns it calls Turn at the end of every interval (the bootstrap's
// stats_flush_interval).
#pragma once

#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "source/stats/histogram_summary.h"
#include "source/stats/registry.h"

namespace sluice {

class HistogramIntervals {
 public:
  // Ends an interval and begins the next.
  void Turn(const StatsRegistry& registry);
  // Of the last whole interval; null where nothing was recorded in it.
  const HistogramSummary* Last(uint32_t index) const;

 private:
  struct Entry {
    HistogramSummary total;  // at the end of the last interval
    HistogramSummary last;
  };
  absl::flat_hash_map<uint32_t, Entry> by_index_;  // of histograms that were ever used
};

}  // namespace sluice
