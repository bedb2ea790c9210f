// /stats and /stats/prometheus: what the parameters ask for. Main thread; pure but for reading the
// registry.
#pragma once

#include "source/server/admin/admin_query.h"
#include "source/server/admin/admin_response.h"
#include "source/stats/histogram_intervals.h"
#include "source/stats/registry.h"

namespace sluice {

// usedonly, filter, type, format, histogram_buckets.
AdminResponse StatsPage(const AdminQuery& query, const StatsRegistry& registry,
                        const HistogramIntervals& intervals);
// usedonly, filter.
AdminResponse PrometheusPage(const AdminQuery& query, const StatsRegistry& registry);

}  // namespace sluice
