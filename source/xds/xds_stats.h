// Statistics of discovery. Names as Envoy's, but that of endpoints, routes and secrets all that
// come are counted together.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "source/event/worker_context.h"
#include "source/stats/counter.h"
#include "source/stats/registry.h"

namespace sluice {

// "control_plane.*", of all streams together.
struct ControlPlaneStats {
  explicit ControlPlaneStats(StatsRegistry& stats)
      : connected_state(stats.GetGauge("control_plane.connected_state")),
        pending_requests(stats.GetGauge("control_plane.pending_requests")),
        rate_limit_enforced(stats.GetCounter("control_plane.rate_limit_enforced")) {}
  Gauge connected_state;  // streams that the server has been heard on
  // Requests that wait for a stream to come up, or for the rate to allow them.
  Gauge pending_requests;
  Counter rate_limit_enforced;  // those that had to wait for the rate
};

// "listener_manager.lds.*" and the like, of one kind of resource, or of one resource.
struct UpdateStats {
  void NoteSuccess(WorkerContext& main, const std::string& accepted_version) const {
    success.Add(main.stats);
    // Of a size whose differences a gauge can count.
    version.Set(main.stats, static_cast<int64_t>(absl::HashOf(accepted_version) >> 16));
    const auto now = main.loop.wall_now().time_since_epoch();
    updated_at.Set(main.stats, now / std::chrono::milliseconds(1));
  }
  Counter attempt;        // requests for it
  Counter success;        // accepted
  Counter failure;        // streams that broke
  Counter rejected;       // not accepted
  Counter fetch_timeout;  // did not come in time
  Gauge version;          // a hash of that accepted last
  Gauge updated_at;       // of the last that was accepted: ms since the epoch
};
inline UpdateStats MakeUpdateStats(StatsRegistry& stats, absl::string_view prefix) {
  return {.attempt = stats.GetCounter(absl::StrCat(prefix, "update_attempt")),
          .success = stats.GetCounter(absl::StrCat(prefix, "update_success")),
          .failure = stats.GetCounter(absl::StrCat(prefix, "update_failure")),
          .rejected = stats.GetCounter(absl::StrCat(prefix, "update_rejected")),
          .fetch_timeout = stats.GetCounter(absl::StrCat(prefix, "init_fetch_timeout")),
          .version = stats.GetGauge(absl::StrCat(prefix, "version")),
          .updated_at = stats.GetGauge(absl::StrCat(prefix, "update_time"))};
}

}  // namespace sluice
