#include "source/upstream/outlier/outlier_log.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "source/base/json_text.h"

namespace sluice {
namespace {

absl::string_view TypeText(EjectionType type) {
  switch (type) {
    case EjectionType::kConsecutive5xx:
      return "CONSECUTIVE_5XX";
    case EjectionType::kConsecutiveGatewayFailure:
      return "CONSECUTIVE_GATEWAY_FAILURE";
    case EjectionType::kSuccessRate:
      return "SUCCESS_RATE";
    case EjectionType::kConsecutiveLocalOriginFailure:
      return "CONSECUTIVE_LOCAL_ORIGIN_FAILURE";
    case EjectionType::kSuccessRateLocalOrigin:
      return "SUCCESS_RATE_LOCAL_ORIGIN";
    case EjectionType::kFailurePercentage:
      return "FAILURE_PERCENTAGE";
    case EjectionType::kFailurePercentageLocalOrigin:
      return "FAILURE_PERCENTAGE_LOCAL_ORIGIN";
  }
  return "";
}

uint32_t Percent(double value) { return static_cast<uint32_t>(std::clamp(value, 0.0, 100.0)); }

std::string Details(const OutlierEvent& event) {
  switch (event.type) {
    case EjectionType::kSuccessRate:
    case EjectionType::kSuccessRateLocalOrigin:
      return absl::StrCat(
          "\"eject_success_rate_event\":{\"host_success_rate\":", Percent(event.success_rate),
          ",\"cluster_average_success_rate\":", Percent(event.average),
          ",\"cluster_success_rate_ejection_threshold\":", Percent(event.threshold), "}");
    case EjectionType::kFailurePercentage:
    case EjectionType::kFailurePercentageLocalOrigin:
      return absl::StrCat("\"eject_failure_percentage_event\":{\"host_success_rate\":",
                          Percent(event.success_rate), "}");
    default:
      return "\"eject_consecutive_event\":{}";
  }
}

std::string TimeText(WallTime time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ",
                          absl::FromUnixNanos(time.time_since_epoch().count()),
                          absl::UTCTimeZone());
}

}  // namespace

std::string OutlierEventLine(const OutlierEvent& event) {
  std::string line = absl::StrCat("{\"type\":\"", TypeText(event.type), "\",\"timestamp\":\"",
                                  TimeText(event.time), "\",");
  if (event.since_last.has_value()) {
    const auto passed = std::chrono::duration_cast<std::chrono::seconds>(*event.since_last);
    absl::StrAppend(&line, "\"secs_since_last_action\":\"", passed.count(), "\",");
  }
  line += "\"cluster_name\":";
  AppendJsonString(event.cluster, line);
  line += ",\"upstream_url\":";
  AppendJsonString(event.address, line);
  absl::StrAppend(&line, ",\"action\":\"", event.ejects ? "EJECT" : "UNEJECT",
                  "\",\"num_ejections\":", event.ejections,
                  ",\"enforced\":", event.enforced ? "true" : "false");
  if (event.ejects) absl::StrAppend(&line, ",", Details(event));
  line += "}\n";
  return line;
}

}  // namespace sluice
