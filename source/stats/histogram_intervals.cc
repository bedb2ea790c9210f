#include "source/stats/histogram_intervals.h"

#include <utility>

namespace sluice {

void HistogramIntervals::Turn(const StatsRegistry& registry) {
  registry.ForEach([&](const StatsRegistry::Stat& stat) {
    if (stat.kind != StatKind::kHistogram || !stat.used) return;
    HistogramSummary now = registry.Summary(Histogram(stat.index));
    Entry& entry = by_index_[stat.index];
    entry.last = now.Since(entry.total);
    entry.total = std::move(now);
  });
}

const HistogramSummary* HistogramIntervals::Last(uint32_t index) const {
  const auto at = by_index_.find(index);
  if (at == by_index_.end() || at->second.last.count == 0) return nullptr;
  return &at->second.last;
}

}  // namespace sluice
