// The /stats/prometheus page: the text exposition format 0.0.4, with the metric names and labels
// that Envoy's default tag extraction gives. Main thread; pure but for reading the registry.
#pragma once

#include <string>

#include "source/stats/registry.h"
#include "source/stats/stat_filter.h"

namespace sluice {

// Counters, then gauges, then histograms; a name has one TYPE line, and all its samples follow it.
std::string PrometheusText(const StatsRegistry& registry, const StatFilter& filter);

}  // namespace sluice
