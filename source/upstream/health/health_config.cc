#include "source/upstream/health/health_config.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/core/v3/health_check.pb.h"
#include "envoy/config/endpoint/v3/endpoint_components.pb.h"
#include "envoy/extensions/health_check/event_sinks/file/v3/file.pb.h"
#include "envoy/type/v3/range.pb.h"
#include "sluice/health_checkers/websocket/v1/websocket.pb.h"
#include "source/config/any_unpack.h"
#include "source/config/proto_fields.h"
#include "source/config/value_text.h"
#include "source/http/match/match_config.h"
#include "source/net/address_config.h"
#include "source/route/header_edits_config.h"

namespace sluice {
namespace {

namespace core = envoy::config::core::v3;
namespace cluster_pb = envoy::config::cluster::v3;
using FileSinkProto =
    envoy::extensions::health_check::event_sinks::file::v3::HealthCheckEventFileSink;
using WebSocketProto = sluice::health_checkers::websocket::v1::WebSocket;
using google::protobuf::RepeatedPtrField;

constexpr DurationRange kPositive = {.min = Duration(1)};

bool IsToken(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) ||
           absl::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) !=
               absl::string_view::npos;
  });
}

std::string ParsePayload(const core::HealthCheck::Payload& payload, const FieldScope& scope) {
  if (payload.payload_case() == core::HealthCheck::Payload::kBinary) {
    if (payload.binary().empty()) scope.At("binary").Error("must not be empty");
    return payload.binary();
  }
  const std::string& text = payload.text();
  const bool hex = std::all_of(text.begin(), text.end(),
                               [](unsigned char c) { return absl::ascii_isxdigit(c); });
  if (text.empty() || text.size() % 2 != 0 || !hex) {
    scope.At("text").Error("must be pairs of hexadecimal digits", "\"505152\" is PQR");
    return {};
  }
  return absl::HexStringToBytes(text);
}

std::vector<std::string> ParsePayloads(const RepeatedPtrField<core::HealthCheck::Payload>& list,
                                       const FieldScope& scope) {
  std::vector<std::string> blocks;
  for (int i = 0; i < list.size(); ++i) {
    blocks.push_back(ParsePayload(list.at(i), scope.At("receive", i)));
  }
  return blocks;
}

StatusRanges ParseStatuses(const RepeatedPtrField<envoy::type::v3::Int64Range>& list,
                           std::string_view field, const FieldScope& scope) {
  StatusRanges ranges;
  for (int i = 0; i < list.size(); ++i) {
    const auto& range = list.at(i);
    if (range.start() < 100 || range.end() > 600 || range.start() >= range.end()) {
      scope.At(field, i).Error("must be a range of statuses from 100 to 600, its end excluded",
                               "{ start: 200, end: 300 }");
      continue;
    }
    ranges.emplace_back(static_cast<uint16_t>(range.start()), static_cast<uint16_t>(range.end()));
  }
  return ranges;
}

HttpProbeSpec ParseHttp(const core::HealthCheck::HttpHealthCheck& proto, const FieldScope& scope) {
  HttpProbeSpec probe;
  probe.host = proto.host();
  if (Required(proto, "path", scope)) probe.path = proto.path();
  if (!probe.path.empty() && probe.path[0] != '/') scope.At("path").Error("must begin with \"/\"");
  if (proto.method() == core::CONNECT) scope.At("method").Error("must not be CONNECT");
  if (proto.method() != core::METHOD_UNSPECIFIED) {
    probe.method = core::RequestMethod_Name(proto.method());
  }
  if (proto.has_send()) probe.send = ParsePayload(proto.send(), scope.At("send"));
  probe.receive = ParsePayloads(proto.receive(), scope);
  probe.receive_bytes_max = UInt64Or(proto, "response_buffer_size", probe.receive_bytes_max);
  if (proto.expected_statuses_size() > 0) {
    probe.expected = ParseStatuses(proto.expected_statuses(), "expected_statuses", scope);
  }
  probe.retriable = ParseStatuses(proto.retriable_statuses(), "retriable_statuses", scope);
  if (proto.codec_client_type() == envoy::type::v3::HTTP3) {
    scope.At("codec_client_type").Error("HTTP3 is not supported", "use HTTP1 or HTTP2");
  }
  probe.http2 = proto.codec_client_type() == envoy::type::v3::HTTP2;
  probe.edits = ParseRequestEdits(proto, scope);
  if (proto.has_service_name_matcher()) {
    probe.service_name =
        ParseStringMatch(proto.service_name_matcher(), scope.At("service_name_matcher"));
  }
  return probe;
}

TcpProbeSpec ParseTcp(const core::HealthCheck::TcpHealthCheck& proto, const FieldScope& scope) {
  TcpProbeSpec probe;
  if (proto.has_send()) probe.send = ParsePayload(proto.send(), scope.At("send"));
  probe.receive = ParsePayloads(proto.receive(), scope);
  return probe;
}

GrpcProbeSpec ParseGrpc(const core::HealthCheck::GrpcHealthCheck& proto, const FieldScope& scope) {
  GrpcProbeSpec probe;
  probe.service = proto.service_name();
  probe.authority = proto.authority();
  probe.metadata = ParseHeaderEdits(proto.initial_metadata(), "initial_metadata", scope);
  return probe;
}

WebSocketProbeSpec ParseWebSocket(const WebSocketProto& proto, const FieldScope& scope) {
  WebSocketProbeSpec probe;
  probe.host = proto.host();
  if (!proto.path().empty()) probe.path = proto.path();
  if (probe.path[0] != '/') scope.At("path").Error("must begin with \"/\"");
  for (int i = 0; i < proto.subprotocols_size(); ++i) {
    // RFC 6455 section 4.1, number 10.
    if (!IsToken(proto.subprotocols(i))) scope.At("subprotocols", i).Error("must be a token");
    absl::StrAppend(&probe.subprotocols, i == 0 ? "" : ", ", proto.subprotocols(i));
  }
  probe.plain_first = proto.mode() == WebSocketProto::AUTO;
  probe.handshake_always = proto.require_ws();
  probe.ping = proto.ping();
  return probe;
}

void ParseCustom(const core::HealthCheck::CustomHealthCheck& proto, const FieldScope& scope,
                 HealthCheckSpec& spec) {
  if (!Required(proto, "typed_config", scope)) return;
  const FieldScope field = scope.At("typed_config");
  if (ContentType(proto.typed_config()) != WebSocketProto::descriptor()->full_name()) {
    return ReportUnknownType(proto.typed_config().type_url(), field);
  }
  const std::optional<WebSocketProto> websocket =
      Unpack<WebSocketProto>(proto.typed_config(), field);
  if (websocket.has_value()) spec.probe = ParseWebSocket(*websocket, field);
}

HealthRules ParseRules(const core::HealthCheck& check, const FieldScope& scope) {
  HealthRules rules;
  for (const char* field : {"timeout", "interval", "unhealthy_threshold", "healthy_threshold"}) {
    Required(check, field, scope);
  }
  const auto duration = [&](std::string_view field, Duration fallback) {
    return DurationOr(check, field, fallback, scope, kPositive);
  };
  rules.timeout = duration("timeout", rules.timeout);
  rules.interval = duration("interval", rules.interval);
  rules.no_traffic_interval = duration("no_traffic_interval", rules.no_traffic_interval);
  rules.no_traffic_healthy_interval =
      duration("no_traffic_healthy_interval", rules.no_traffic_interval);
  rules.unhealthy_interval = duration("unhealthy_interval", rules.interval);
  rules.unhealthy_edge_interval = duration("unhealthy_edge_interval", rules.unhealthy_interval);
  rules.healthy_edge_interval = duration("healthy_edge_interval", rules.interval);
  rules.initial_jitter = DurationOr(check, "initial_jitter", Duration::zero(), scope);
  rules.interval_jitter = DurationOr(check, "interval_jitter", Duration::zero(), scope);
  rules.interval_jitter_percent = check.interval_jitter_percent();
  constexpr UInt32Range kAtLeastOne = {.min = 1};
  rules.unhealthy_threshold = UInt32Or(check, "unhealthy_threshold", 1, scope, kAtLeastOne);
  rules.healthy_threshold = UInt32Or(check, "healthy_threshold", 1, scope, kAtLeastOne);
  return rules;
}

std::string ParseAlpn(const core::HealthCheck::TlsOptions& options, const FieldScope& scope) {
  constexpr size_t kAlpnBytesMax = 255;  // RFC 7301 section 3.1
  std::string list;
  for (int i = 0; i < options.alpn_protocols_size(); ++i) {
    const std::string& protocol = options.alpn_protocols(i);
    if (protocol.empty() || protocol.size() > kAlpnBytesMax) {
      scope.At("alpn_protocols", i).Error(absl::StrCat("must have 1 to ", kAlpnBytesMax, " bytes"));
      continue;
    }
    list.push_back(static_cast<char>(protocol.size()));
    list += protocol;
  }
  return list;
}

void AddEventLog(const std::string& path, const FieldScope& scope, const OpenEventLog& open,
                 HealthCheckSpec& spec) {
  if (open == nullptr) return scope.Error("has no effect here: no files can be opened");
  LogSink* const sink = open(path, scope);
  if (sink != nullptr) spec.event_logs.push_back(sink);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
void ParseEventLogs(const core::HealthCheck& check, const FieldScope& scope,
                    const OpenEventLog& open, HealthCheckSpec& spec) {
  if (!check.event_log_path().empty()) {
    AddEventLog(check.event_log_path(), scope.At("event_log_path"), open, spec);
  }
  for (int i = 0; i < check.event_logger_size(); ++i) {
    const FieldScope logger = scope.At("event_logger", i);
    const FieldScope field = logger.At("typed_config");
    const auto sink = Unpack<FileSinkProto>(check.event_logger(i).typed_config(), field);
    if (!sink.has_value() || !Required(*sink, "event_log_path", field)) continue;
    AddEventLog(sink->event_log_path(), field.At("event_log_path"), open, spec);
  }
  spec.log_all_failures = check.always_log_health_check_failures();
  spec.log_all_successes = check.always_log_health_check_success();
}
#pragma GCC diagnostic pop

std::shared_ptr<const HealthCheckSpec> ParseHealthCheck(const core::HealthCheck& check,
                                                        const FieldScope& scope,
                                                        const OpenEventLog& open) {
  auto spec = std::make_shared<HealthCheckSpec>();
  spec->rules = ParseRules(check, scope);
  spec->reuse_connection = BoolOr(check, "reuse_connection", true);
  spec->alpn = ParseAlpn(check.tls_options(), scope.At("tls_options"));
  if (check.has_transport_socket_match_criteria()) {
    spec->transport_labels = ReadKeyValues(check.transport_socket_match_criteria());
  }
  ParseEventLogs(check, scope, open, *spec);
  switch (check.health_checker_case()) {
    case core::HealthCheck::kHttpHealthCheck:
      spec->probe = ParseHttp(check.http_health_check(), scope.At("http_health_check"));
      break;
    case core::HealthCheck::kTcpHealthCheck:
      spec->probe = ParseTcp(check.tcp_health_check(), scope.At("tcp_health_check"));
      break;
    case core::HealthCheck::kGrpcHealthCheck:
      spec->probe = ParseGrpc(check.grpc_health_check(), scope.At("grpc_health_check"));
      break;
    case core::HealthCheck::kCustomHealthCheck:
      ParseCustom(check.custom_health_check(), scope.At("custom_health_check"), *spec);
      break;
    case core::HealthCheck::HEALTH_CHECKER_NOT_SET:
      scope.Error("must say how to check", "http_health_check { path: \"/\" }");
      break;
  }
  return spec;
}

}  // namespace

void ParseHealthChecks(const cluster_pb::Cluster& cluster, const FieldScope& scope,
                       const OpenEventLog& open_event_log, ClusterSpec& spec) {
  for (int i = 0; i < cluster.health_checks_size(); ++i) {
    spec.health_checks.push_back(
        ParseHealthCheck(cluster.health_checks(i), scope.At("health_checks", i), open_event_log));
  }
}

ProbePlaceRef ParseProbePlace(const envoy::config::endpoint::v3::Endpoint& endpoint,
                              const FieldScope& scope) {
  if (!endpoint.has_health_check_config()) return {};
  const auto& config = endpoint.health_check_config();
  const FieldScope field = scope.At("health_check_config");
  ProbePlace place;
  if (config.port_value() > 65535) field.At("port_value").Error("must be at most 65535");
  place.port = static_cast<uint16_t>(config.port_value());
  if (config.has_address()) place.address = ReadAddress(config.address(), field.At("address"));
  place.hostname = config.hostname();
  place.disabled = config.disable_active_health_check();
  return ProbePlaceRef(std::move(place));
}

}  // namespace sluice
