// HealthEvent: a line of the health check event log: an envoy.data.core.v3.HealthCheckEvent as
// JSON. Pure.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "source/base/units.h"
#include "source/upstream/endpoint_traits.h"
#include "source/upstream/health/health_check_spec.h"
#include "source/upstream/health/health_state.h"
#include "source/upstream/host.h"

namespace sluice {

enum class HealthEvent : uint8_t {
  kEject,  // the host has become unhealthy
  kAdd,    // or healthy
  kSuccess,
  kFailure,
  kDegraded,
  kNoLongerDegraded,
};

// With its newline. `verdict` and `was_first` are of the result that it comes from.
std::string HealthEventLine(HealthEvent event, absl::string_view cluster,
                            const HealthCheckSpec& check, const Host& host,
                            const Locality& locality, ProbeVerdict verdict, bool was_first,
                            WallTime now);

}  // namespace sluice
