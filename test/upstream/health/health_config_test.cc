// health_checks of a cluster, and health_check_config of an endpoint, as they are read.
#include "source/upstream/health/health_config.h"

#include <memory>
#include <string>

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "source/config/config_errors.h"
#include "source/config/field_scope.h"
#include "source/stats/registry.h"
#include "source/upstream/cluster_config.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr char kTimes[] =
    "timeout { seconds: 1 } interval { seconds: 5 } unhealthy_threshold { value: 3 } "
    "healthy_threshold { value: 2 } ";

std::string With(const std::string& check, const std::string& endpoint = "") {
  return "name: \"users\" load_assignment { cluster_name: \"users\" endpoints { lb_endpoints { "
         "endpoint { address { socket_address { address: \"10.0.0.1\" port_value: 80 } } " +
         endpoint + " } } } } " +
         (check.empty() ? "" : "health_checks { " + std::string(kTimes) + check + " }");
}

struct Parsed {
  std::shared_ptr<const ClusterSpec> spec;
  std::string errors;
};

Parsed Parse(const std::string& text, const OpenEventLog& open = nullptr) {
  static auto* const registry = new StatsRegistry();
  envoy::config::cluster::v3::Cluster cluster;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &cluster)) << text;
  ConfigErrors errors;
  const FieldScope scope(errors, "c");
  Parsed parsed;
  parsed.spec = ParseCluster(cluster, scope, {.stats = *registry, .open_event_log = open});
  parsed.errors = errors.ToString();
  return parsed;
}

std::shared_ptr<const HealthCheckSpec> Good(const std::string& check) {
  const Parsed parsed = Parse(With(check));
  EXPECT_EQ(parsed.errors, "");
  if (parsed.spec == nullptr || parsed.spec->health_checks.size() != 1) {
    ADD_FAILURE() << check;
    return std::make_shared<HealthCheckSpec>();
  }
  return parsed.spec->health_checks[0];
}

void ExpectError(const std::string& text, const std::string& part) {
  const Parsed parsed = Parse(text);
  EXPECT_EQ(parsed.spec, nullptr) << text;
  EXPECT_NE(parsed.errors.find(part), std::string::npos) << parsed.errors;
}

TEST(HealthConfig, NoneIsNone) {
  const Parsed parsed = Parse(With(""));
  ASSERT_NE(parsed.spec, nullptr);
  EXPECT_TRUE(parsed.spec->health_checks.empty());
  EXPECT_EQ(parsed.spec->health_stats, nullptr);
}

TEST(HealthConfig, IntervalsThatAreNotSetFollowOthersAsInEnvoy) {
  const HealthRules rules = Good("http_health_check { path: \"/\" }")->rules;
  EXPECT_EQ(rules.timeout, seconds(1));
  EXPECT_EQ(rules.unhealthy_threshold, 3u);
  EXPECT_EQ(rules.healthy_threshold, 2u);
  EXPECT_EQ(rules.unhealthy_interval, seconds(5));
  EXPECT_EQ(rules.unhealthy_edge_interval, seconds(5));
  EXPECT_EQ(rules.healthy_edge_interval, seconds(5));
  EXPECT_EQ(rules.no_traffic_interval, seconds(60));
  EXPECT_EQ(rules.no_traffic_healthy_interval, seconds(60));
  const HealthRules set = Good(
                              "http_health_check { path: \"/\" } no_traffic_interval { seconds: 7 }"
                              "unhealthy_interval { seconds: 8 }")
                              ->rules;
  EXPECT_EQ(set.no_traffic_healthy_interval, seconds(7));
  EXPECT_EQ(set.unhealthy_edge_interval, seconds(8));
}

TEST(HealthConfig, EveryIntervalAndJitterIsRead) {
  const HealthRules rules =
      Good(
          "http_health_check { path: \"/\" } initial_jitter { seconds: 1 } "
          "interval_jitter { nanos: 5000000 } interval_jitter_percent: 9 "
          "no_traffic_healthy_interval { seconds: 2 } unhealthy_edge_interval { seconds: 3 } "
          "healthy_edge_interval { seconds: 4 }")
          ->rules;
  EXPECT_EQ(rules.initial_jitter, seconds(1));
  EXPECT_EQ(rules.interval_jitter, milliseconds(5));
  EXPECT_EQ(rules.interval_jitter_percent, 9u);
  EXPECT_EQ(rules.no_traffic_healthy_interval, seconds(2));
  EXPECT_EQ(rules.unhealthy_edge_interval, seconds(3));
  EXPECT_EQ(rules.healthy_edge_interval, seconds(4));
}

TEST(HealthConfig, HttpChecksHaveTheirDefaultsOfEnvoy) {
  const auto check = Good("http_health_check { path: \"/\" }");
  const auto& http = std::get<HttpProbeSpec>(check->probe);
  EXPECT_EQ(http.method, "GET");
  EXPECT_FALSE(http.http2);
  EXPECT_EQ(http.receive_bytes_max, 1024u);
  EXPECT_TRUE(check->reuse_connection);
  EXPECT_TRUE(Includes(http.expected, 200));
  EXPECT_FALSE(Includes(http.expected, 201));
  EXPECT_FALSE(Includes(http.retriable, 503));
}

TEST(HealthConfig, EveryFieldOfAnHttpCheckIsRead) {
  const auto check = Good(R"(reuse_connection { value: false }
    tls_options { alpn_protocols: "h2" alpn_protocols: "x" }
    http_health_check { path: "/h" host: "a.test" method: HEAD codec_client_type: HTTP2
      send { text: "6f6b" } receive { text: "50" } receive { binary: "\001" }
      response_buffer_size { value: 0 } expected_statuses { start: 200 end: 300 }
      retriable_statuses { start: 500 end: 600 } request_headers_to_remove: "user-agent"
      request_headers_to_add { header { key: "x" value: "y" } }
      service_name_matcher { prefix: "users" } })");
  const auto& http = std::get<HttpProbeSpec>(check->probe);
  EXPECT_FALSE(check->reuse_connection);
  EXPECT_EQ(check->alpn, "\x02h2\x01x");
  EXPECT_EQ(http.path, "/h");
  EXPECT_EQ(http.host, "a.test");
  EXPECT_EQ(http.method, "HEAD");
  EXPECT_TRUE(http.http2);
  EXPECT_EQ(http.send, "ok");
  EXPECT_EQ(http.receive, (std::vector<std::string>{"P", "\x01"}));
  EXPECT_EQ(http.receive_bytes_max, 0u);
  EXPECT_TRUE(Includes(http.expected, 299));
  EXPECT_FALSE(Includes(http.expected, 300));
  EXPECT_TRUE(Includes(http.retriable, 503));
  EXPECT_FALSE(http.edits.empty());
  EXPECT_TRUE(http.service_name.has_value());
}

TEST(HealthConfig, TcpAndGrpcChecksAreRead) {
  const auto tcp = Good("tcp_health_check { send { text: \"00FF\" } receive { text: \"01\" } }");
  EXPECT_EQ(std::get<TcpProbeSpec>(tcp->probe).send, std::string("\0\xff", 2));
  EXPECT_EQ(std::get<TcpProbeSpec>(tcp->probe).receive.size(), 1u);
  const auto grpc = Good(
      "grpc_health_check { service_name: \"s\" authority: \"a\" "
      "initial_metadata { header { key: \"x\" value: \"y\" } } }");
  EXPECT_EQ(std::get<GrpcProbeSpec>(grpc->probe).service, "s");
  EXPECT_EQ(std::get<GrpcProbeSpec>(grpc->probe).authority, "a");
  EXPECT_FALSE(std::get<GrpcProbeSpec>(grpc->probe).metadata.empty());
}

std::string Custom(const std::string& fields,
                   const std::string& type = "sluice.health_checkers.websocket.v1.WebSocket") {
  return "custom_health_check { name: \"websocket\" typed_config { [type.googleapis.com/" + type +
         "] { " + fields + " } } }";
}

TEST(HealthConfig, AWebSocketCheckIsACustomOne) {
  const auto plain = Good(Custom(""));
  EXPECT_EQ(std::get<WebSocketProbeSpec>(plain->probe).path, "/");
  EXPECT_TRUE(std::get<WebSocketProbeSpec>(plain->probe).plain_first);
  const auto check =
      Good(Custom("path: \"/c\" host: \"a\" subprotocols: \"x\" subprotocols: \"y\" "
                  "ping: true require_ws: true mode: WEBSOCKET"));
  const auto& websocket = std::get<WebSocketProbeSpec>(check->probe);
  EXPECT_EQ(websocket.path, "/c");
  EXPECT_EQ(websocket.host, "a");
  EXPECT_EQ(websocket.subprotocols, "x, y");
  EXPECT_TRUE(websocket.ping);
  EXPECT_TRUE(websocket.handshake_always);
  EXPECT_FALSE(websocket.plain_first);
}

TEST(HealthConfig, SeveralChecksAreAllowed) {
  const std::string check = "health_checks { " + std::string(kTimes) + "tcp_health_check {} } ";
  const Parsed parsed = Parse(With("") + check + check);
  ASSERT_NE(parsed.spec, nullptr) << parsed.errors;
  EXPECT_EQ(parsed.spec->health_checks.size(), 2u);
}

TEST(HealthConfig, AnEndpointMaySayWhereItIsChecked) {
  const Parsed parsed = Parse(With("tcp_health_check {}", R"(health_check_config {
      port_value: 8080 hostname: "a.test" disable_active_health_check: true
      address { socket_address { address: "10.0.0.9" port_value: 1 } } })"));
  ASSERT_NE(parsed.spec, nullptr) << parsed.errors;
  const ProbePlace* const place = parsed.spec->endpoints[0].facts.probe.get();
  ASSERT_NE(place, nullptr);
  EXPECT_EQ(place->port, 8080);
  EXPECT_EQ(place->hostname, "a.test");
  EXPECT_EQ(place->address.text(), "10.0.0.9:1");
  EXPECT_TRUE(place->disabled);
}

TEST(HealthConfig, EndpointsThatSayTheSameAreTheSame) {
  const ProbePlace place = {.port = 1, .hostname = "a"};
  EXPECT_EQ(ProbePlaceRef(place), ProbePlaceRef(place));
  EXPECT_FALSE(ProbePlaceRef(place) == ProbePlaceRef({.port = 2}));
  EXPECT_FALSE(ProbePlaceRef(place) == ProbePlaceRef());
}

TEST(HealthConfig, WhatIsWrongIsNamed) {
  const struct {
    const char* check;
    const char* error;
  } kCases[] = {
      {"", "must say how to check"},
      {"http_health_check {}", "http_health_check.path: is required"},
      {"http_health_check { path: \"x\" }", "path: must begin with \"/\""},
      {"http_health_check { path: \"/\" method: CONNECT }", "method: must not be CONNECT"},
      {"http_health_check { path: \"/\" codec_client_type: HTTP3 }", "HTTP3 is not supported"},
      {"http_health_check { path: \"/\" expected_statuses { start: 99 end: 200 } }",
       "expected_statuses[0]: must be a range"},
      {"http_health_check { path: \"/\" retriable_statuses { start: 200 end: 200 } }",
       "retriable_statuses[0]: must be a range"},
      {"http_health_check { path: \"/\" receive { text: \"5\" } }",
       "receive[0].text: must be pairs of hexadecimal digits"},
      {"tcp_health_check { send { text: \"zz\" } }", "send.text: must be pairs"},
      {"tcp_health_check { send {} }", "send.text: must be pairs"},
      {"tcp_health_check {} no_traffic_interval { seconds: 0 }", "no_traffic_interval"},
      {"tcp_health_check {} tls_options { alpn_protocols: \"\" }", "alpn_protocols[0]"},
      {"tcp_health_check {} event_log_path: \"/x\"", "event_log_path"},
      {"custom_health_check { name: \"x\" }", "typed_config: is required"},
  };
  for (const auto& [check, error] : kCases) {
    ExpectError(With("").append("health_checks { ").append(kTimes).append(check).append(" }"),
                error);
  }
  ExpectError(With(Custom("path: \"x\"")), "path: must begin with \"/\"");
  ExpectError(With(Custom("subprotocols: \"a b\"")), "subprotocols[0]: must be a token");
  ExpectError(With(Custom("address: \"a\"", "envoy.config.core.v3.SocketAddress")), "typed_config");
  ExpectError(With("tcp_health_check {}", "health_check_config { port_value: 65536 }"),
              "port_value: must be at most 65535");
}

TEST(HealthConfig, ThresholdsAreAtLeastOne) {
  const std::string text = With("") +
                           "health_checks { tcp_health_check {} timeout { seconds: 1 } "
                           "interval { seconds: 1 } unhealthy_threshold {} "
                           "healthy_threshold {} }";
  ExpectError(text, "unhealthy_threshold: must be");
  ExpectError(text, "healthy_threshold: must be");
}

TEST(HealthConfig, WhatACheckCannotDoWithoutIsRequired) {
  ExpectError(With("") + "health_checks { tcp_health_check {} }", "timeout: is required");
  ExpectError(With("") + "health_checks { tcp_health_check {} }", "interval: is required");
  ExpectError(With("") + "health_checks { tcp_health_check {} }",
              "unhealthy_threshold: is required");
  ExpectError(With("") + "health_checks { tcp_health_check {} }", "healthy_threshold: is required");
}

}  // namespace
}  // namespace sluice
