#include "source/stats/histogram_intervals.h"

#include <utility>

namespace sluice {

void HistogramIntervals::Turn(const StatsRegistry& registry) {
  absl::flat_hash_map<uint32_t, Entry> before;
  before.swap(by_index_);
  registry.ForEachUsedHistogram([&](Histogram histogram) {
    Entry& entry = by_index_[histogram.first_cell()];
    if (const auto at = before.find(histogram.first_cell()); at != before.end()) {
      entry = std::move(at->second);
    }
    HistogramSummary now = registry.Summary(histogram);
    // Cells that have come to another histogram begin anew.
    entry.last = now.count < entry.total.count ? now : now.Since(entry.total);
    entry.total = std::move(now);
  });
}

const HistogramSummary* HistogramIntervals::Last(uint32_t index) const {
  const auto at = by_index_.find(index);
  if (at == by_index_.end() || at->second.last.count == 0) return nullptr;
  return &at->second.last;
}

}  // namespace sluice
