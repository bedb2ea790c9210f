// OutlierSettings: when a host is taken out of service for how it answers requests: an
// OutlierDetection of envoy.config.cluster.v3 as a value. Const; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "source/base/units.h"

namespace sluice {

// Why. Numbered as in Envoy's OutlierEjectionType.
enum class EjectionType : uint8_t {
  kConsecutive5xx,
  kConsecutiveGatewayFailure,
  kSuccessRate,
  kConsecutiveLocalOriginFailure,
  kSuccessRateLocalOrigin,
  kFailurePercentage,
  kFailurePercentageLocalOrigin,
};
constexpr size_t kEjectionTypes = 7;

struct OutlierSettings {
  // How many in a row; 0: any number.
  uint32_t consecutive_5xx = 5;
  uint32_t consecutive_gateway_failure = 5;
  uint32_t consecutive_local_origin_failure = 5;
  bool split_local_origin = false;  // failures of the way to the host are judged apart
  // Percent of detections that become ejections, by EjectionType.
  std::array<uint32_t, kEjectionTypes> enforcing = {100, 0, 100, 100, 100, 0, 0};
  Duration interval = std::chrono::seconds(10);
  Duration base_ejection_time = std::chrono::seconds(30);
  Duration max_ejection_time = std::chrono::seconds(300);
  Duration max_ejection_time_jitter{0};
  uint32_t max_ejection_percent = 10;
  bool always_eject_one_host = false;
  uint32_t success_rate_hosts_min = 5;
  uint32_t success_rate_requests_min = 100;
  uint32_t success_rate_stdev_factor = 1900;  // thousandths
  uint32_t failure_percentage_threshold = 85;
  uint32_t failure_percentage_hosts_min = 5;
  uint32_t failure_percentage_requests_min = 50;
  bool active_check_unejects = true;
};

}  // namespace sluice
