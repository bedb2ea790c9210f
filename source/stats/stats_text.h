// The /stats page: as lines ("name: value") and as JSON, in Envoy's formats. Main thread; pure but
// for reading the registry.
#pragma once

#include <string>

#include "source/stats/histogram_intervals.h"
#include "source/stats/registry.h"
#include "source/stats/stat_filter.h"

namespace sluice {

// How histograms are shown: by quantiles, or by the counts of Envoy's default buckets.
enum class HistogramView : uint8_t { kQuantiles, kCumulativeBuckets, kDisjointBuckets };

// Counters and gauges in order of name, then histograms.
std::string StatsText(const StatsRegistry& registry, const HistogramIntervals& intervals,
                      const StatFilter& filter, HistogramView view = HistogramView::kQuantiles);

std::string StatsJson(const StatsRegistry& registry, const HistogramIntervals& intervals,
                      const StatFilter& filter, HistogramView view = HistogramView::kQuantiles);

}  // namespace sluice
