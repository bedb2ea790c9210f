// The /stats page: as lines ("name: value") and as JSON, in Envoy's formats. Main thread; pure but
// for reading the registry.
#pragma once

#include <string>
#include <vector>

#include "source/stats/histogram_intervals.h"
#include "source/stats/registry.h"
#include "source/stats/stat_filter.h"

namespace sluice {

// How histograms are shown: by quantiles, or by the counts of Envoy's default buckets.
enum class HistogramView : uint8_t { kQuantiles, kCumulativeBuckets, kDisjointBuckets };

enum class StatsFormat : uint8_t { kText, kJson };

// A page in the making, a part at a time, so that whoever makes it of very many stats holds up
// nobody. What changes between two parts is seen by the later one. `filter` is borrowed, and the
// others.
class GrowingStatsPage {
 public:
  GrowingStatsPage(const StatsRegistry& registry, const HistogramIntervals& intervals,
                   const StatFilter& filter, HistogramView view, StatsFormat format);
  // So many stats more. True: there are others.
  bool AddPart(size_t stats);
  // Once, when there are none: all of it, in pieces where it is long, as to move what has been
  // written to where there is more room holds up everybody, too.
  std::vector<std::string> Take();

 private:
  static constexpr size_t kPieceBytes = 256 * 1024;
  void AddText(const StatsRegistry::Stat& stat);
  void AddJson(const StatsRegistry::Stat& stat);
  bool has_stats() const;  // JSON: counters or gauges so far
  const StatsRegistry& registry_;
  const HistogramIntervals& intervals_;
  const StatFilter& filter_;
  const HistogramView view_;
  const StatsFormat format_;
  std::string after_, text_, histograms_;
  std::vector<std::string> pieces_;  // before text_
};

// Counters and gauges in order of name, then histograms.
std::string StatsText(const StatsRegistry& registry, const HistogramIntervals& intervals,
                      const StatFilter& filter, HistogramView view = HistogramView::kQuantiles);

std::string StatsJson(const StatsRegistry& registry, const HistogramIntervals& intervals,
                      const StatFilter& filter, HistogramView view = HistogramView::kQuantiles);

}  // namespace sluice
