#include "source/upstream/health/health_event.h"

#include "absl/strings/str_cat.h"
#include "source/accesslog/time_format.h"
#include "source/base/json_text.h"

namespace sluice {
namespace {

// The message knows no WebSocket, whose check begins as one of HTTP.
absl::string_view CheckerType(const HealthCheckSpec& check) {
  if (std::holds_alternative<TcpProbeSpec>(check.probe)) return "TCP";
  if (std::holds_alternative<GrpcProbeSpec>(check.probe)) return "GRPC";
  return "HTTP";
}

absl::string_view FailureType(ProbeVerdict verdict) {
  switch (verdict) {
    case ProbeVerdict::kPassive:
      return "PASSIVE";
    case ProbeVerdict::kNetwork:
      return "NETWORK";
    case ProbeVerdict::kTimeout:
      return "NETWORK_TIMEOUT";
    default:
      return "ACTIVE";
  }
}

void AppendText(absl::string_view name, absl::string_view value, std::string& out) {
  absl::StrAppend(&out, "\"", name, "\":");
  AppendJsonString(value, out);
}

void AppendAddress(const Address& address, std::string& out) {
  out += "\"host\":{";
  if (address.is_ip()) {
    out += "\"socket_address\":{\"protocol\":\"TCP\",";
    AppendText("address", address.ip_text(), out);
    absl::StrAppend(&out, ",\"port_value\":", address.port(), "}}");
  } else {
    out += "\"pipe\":{";
    AppendText("path", address.text(), out);
    out += "}}";
  }
}

void AppendEvent(HealthEvent event, ProbeVerdict verdict, bool was_first, std::string& out) {
  const absl::string_view first = was_first ? "true" : "false";
  switch (event) {
    case HealthEvent::kEject:
      absl::StrAppend(&out, "\"eject_unhealthy_event\":{\"failure_type\":\"", FailureType(verdict),
                      "\"}");
      break;
    case HealthEvent::kAdd:
      absl::StrAppend(&out, "\"add_healthy_event\":{\"first_check\":", first, "}");
      break;
    case HealthEvent::kSuccess:
      out += "\"successful_health_check_event\":{}";
      break;
    case HealthEvent::kFailure:
      absl::StrAppend(&out, "\"health_check_failure_event\":{\"failure_type\":\"",
                      FailureType(verdict), "\",\"first_check\":", first, "}");
      break;
    case HealthEvent::kDegraded:
      out += "\"degraded_healthy_host\":{}";
      break;
    case HealthEvent::kNoLongerDegraded:
      out += "\"no_longer_degraded_host\":{}";
      break;
  }
}

}  // namespace

std::string HealthEventLine(HealthEvent event, absl::string_view cluster,
                            const HealthCheckSpec& check, const Host& host,
                            const Locality& locality, ProbeVerdict verdict, bool was_first,
                            WallTime now) {
  static const TimeFormat* const kTime = new TimeFormat();
  std::string line = absl::StrCat("{\"health_checker_type\":\"", CheckerType(check), "\",");
  AppendAddress(host.address(), line);
  line += ",";
  AppendText("cluster_name", cluster, line);
  line += ",";
  AppendEvent(event, verdict, was_first, line);
  line += ",\"timestamp\":\"";
  kTime->Append(now, line);
  line += "\",\"locality\":{";
  AppendText("region", locality.region, line);
  line += ",";
  AppendText("zone", locality.zone, line);
  line += ",";
  AppendText("sub_zone", locality.sub_zone, line);
  line += "}}\n";
  return line;
}

}  // namespace sluice
