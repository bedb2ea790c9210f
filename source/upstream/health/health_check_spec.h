// HealthCheckSpec: one active health check of a cluster as a const value; made by health_config.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "source/accesslog/access_log.h"
#include "source/base/key_values.h"
#include "source/http/match/string_match.h"
#include "source/route/header_edits.h"
#include "source/stats/counter.h"
#include "source/stats/stat_group.h"
#include "source/upstream/health/health_state.h"

namespace sluice {

// [first, second) each.
using StatusRanges = std::vector<std::pair<uint16_t, uint16_t>>;
inline bool Includes(const StatusRanges& ranges, uint16_t status) {
  for (const auto& [first, end] : ranges) {
    if (status >= first && status < end) return true;
  }
  return false;
}

struct HttpProbeSpec {
  std::string host;  // empty: the cluster's name
  std::string path;
  std::string method = "GET";
  std::string send;                  // the request's body
  std::vector<std::string> receive;  // of the answer's body, in order
  size_t receive_bytes_max = 1024;   // within so many bytes; 0: any
  StatusRanges expected = {{200, 201}};
  StatusRanges retriable;
  bool http2 = false;
  HeaderEdits edits;
  std::optional<StringMatch> service_name;
};

struct TcpProbeSpec {
  std::string send;                  // empty: to be connected is enough
  std::vector<std::string> receive;  // in order
};

struct GrpcProbeSpec {
  std::string service;
  std::string authority;  // empty: the cluster's name
  HeaderEdits metadata;
};

// A custom_health_check of our own: see api/sluice/health_checkers/websocket/v1.
struct WebSocketProbeSpec {
  std::string host;  // empty: the cluster's name
  std::string path = "/";
  std::string subprotocols;  // as in the field; empty: none is offered
  bool plain_first = true;   // GET without an upgrade, and a handshake where that does not say all
  bool handshake_always = false;
  bool ping = false;
};

struct HealthCheckSpec {
  HealthRules rules;
  bool reuse_connection = true;
  std::string alpn;  // to offer, as on the wire; empty: as the cluster's TLS does
  std::optional<KeyValues> transport_labels;  // instead of the hosts'
  std::variant<HttpProbeSpec, TcpProbeSpec, GrpcProbeSpec, WebSocketProbeSpec> probe;
  std::vector<LogSink*> event_logs;  // outlive the cluster
  bool log_all_failures = false;
  bool log_all_successes = false;

  bool speaks_http2() const {
    const auto* http = std::get_if<HttpProbeSpec>(&probe);
    return http != nullptr ? http->http2 : std::holds_alternative<GrpcProbeSpec>(probe);
  }
};

// Handles of "cluster.<name>.health_check.*". Names as in Envoy.
struct HealthStats {
  std::shared_ptr<const StatGroup> group;  // of the handles
  Counter attempt, success, failure, passive_failure, network_failure, verify_cluster;
  Gauge healthy, degraded;
};

}  // namespace sluice
