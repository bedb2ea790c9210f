#include "source/upstream/outlier/outlier_config.h"

#include <algorithm>
#include <string_view>

#include "envoy/config/cluster/v3/outlier_detection.pb.h"
#include "source/config/proto_fields.h"

namespace sluice {
namespace {

using envoy::config::cluster::v3::OutlierDetection;

constexpr DurationRange kPositive = {.min = std::chrono::nanoseconds(1)};
constexpr UInt32Range kPercent = {.max = 100};

// By EjectionType.
constexpr std::string_view kEnforcing[kEjectionTypes] = {
    "enforcing_consecutive_5xx",
    "enforcing_consecutive_gateway_failure",
    "enforcing_success_rate",
    "enforcing_consecutive_local_origin_failure",
    "enforcing_local_origin_success_rate",
    "enforcing_failure_percentage",
    "enforcing_failure_percentage_local_origin",
};

}  // namespace

OutlierSettings ParseOutlierDetection(const OutlierDetection& proto, const FieldScope& scope) {
  OutlierSettings settings;
  const auto number = [&](std::string_view field, uint32_t& value, UInt32Range range = {}) {
    value = UInt32Or(proto, field, value, scope, range);
  };
  number("consecutive_5xx", settings.consecutive_5xx);
  number("consecutive_gateway_failure", settings.consecutive_gateway_failure);
  number("consecutive_local_origin_failure", settings.consecutive_local_origin_failure);
  settings.split_local_origin = proto.split_external_local_origin_errors();
  for (size_t i = 0; i < kEjectionTypes; ++i)
    number(kEnforcing[i], settings.enforcing[i], kPercent);
  settings.interval = DurationOr(proto, "interval", settings.interval, scope, kPositive);
  settings.base_ejection_time =
      DurationOr(proto, "base_ejection_time", settings.base_ejection_time, scope, kPositive);
  settings.max_ejection_time = DurationOr(
      proto, "max_ejection_time", std::max(settings.max_ejection_time, settings.base_ejection_time),
      scope, kPositive);
  if (settings.max_ejection_time < settings.base_ejection_time)
    scope.At("max_ejection_time").Error("must be at least base_ejection_time");
  settings.max_ejection_time_jitter =
      DurationOr(proto, "max_ejection_time_jitter", Duration{0}, scope);
  number("max_ejection_percent", settings.max_ejection_percent, kPercent);
  settings.always_eject_one_host = BoolOr(proto, "always_eject_one_host", false);
  number("success_rate_minimum_hosts", settings.success_rate_hosts_min);
  number("success_rate_request_volume", settings.success_rate_requests_min);
  number("success_rate_stdev_factor", settings.success_rate_stdev_factor);
  number("failure_percentage_threshold", settings.failure_percentage_threshold, kPercent);
  number("failure_percentage_minimum_hosts", settings.failure_percentage_hosts_min);
  number("failure_percentage_request_volume", settings.failure_percentage_requests_min);
  settings.active_check_unejects =
      BoolOr(proto, "successful_active_health_check_uneject_host", true);
  return settings;
}

}  // namespace sluice
