// /stats and /stats/prometheus: what the parameters ask for. Main thread; pure but for reading the
// registry.
#pragma once

#include <functional>

#include "absl/functional/any_invocable.h"
#include "source/server/admin/admin_query.h"
#include "source/server/admin/admin_response.h"
#include "source/stats/histogram_intervals.h"
#include "source/stats/registry.h"

namespace sluice {

// Calls in a coming turn.
using RunSoon = std::function<void(absl::AnyInvocable<void()>)>;

// usedonly, filter, type, format, histogram_buckets. Of very many stats a part in each turn; all
// that is lent here lives on. `reply` is called once.
void StatsPage(const AdminQuery& query, const StatsRegistry& registry,
               const HistogramIntervals& intervals, const RunSoon& soon,
               std::function<void(AdminResponse)> reply);
// usedonly, filter; in parts, too.
void PrometheusPage(const AdminQuery& query, const StatsRegistry& registry, const RunSoon& soon,
                    std::function<void(AdminResponse)> reply);

}  // namespace sluice
