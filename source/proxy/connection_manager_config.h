// ConnectionManagerConfig: everything configured about one HTTP connection manager, as a const
// value, shared by all workers and by every connection accepted under it. Field names and defaults
// are Envoy's; where a default differs the comment says why.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "source/accesslog/access_log.h"
#include "source/base/units.h"
#include "source/http/codec_limits.h"
#include "source/http/path.h"
#include "source/http/upgrade.h"
#include "source/net/connection.h"
#include "source/proxy/connection_manager_stats.h"
#include "source/proxy/filter_plan.h"
#include "source/proxy/local_reply.h"
#include "source/route/route_table.h"
#include "source/route/route_tables.h"
#include "source/route/scoped_routes.h"
#include "source/sdk/process_facts.h"

namespace sluice {

enum class CodecType : uint8_t { kAuto, kHttp1, kHttp2 };
enum class ServerHeader : uint8_t { kOverwrite, kAppendIfAbsent, kPassThrough };
enum class UnderscoreAction : uint8_t { kAllow, kReject, kDrop };
enum class HostPort : uint8_t { kKeep, kStripMatching, kStripAny };

// What is done to a request's head before it is routed.
struct RequestRules {
  PathRules path;
  UnderscoreAction underscores = UnderscoreAction::kAllow;
  HostPort host_port = HostPort::kKeep;
  bool strip_trailing_host_dot = false;
};

// scheme_to_overwrite.
enum class SchemeRule : uint8_t { kKeep, kHttp, kHttps };

// :scheme, x-forwarded-*, x-request-id, via.
struct ForwardingRules {
  SchemeRule scheme = SchemeRule::kKeep;
  bool use_remote_address = false;
  uint32_t xff_trusted_hops = 0;
  bool skip_xff_append = false;
  bool append_x_forwarded_port = false;
  bool generate_request_id = true;
  bool preserve_external_request_id = false;
  std::string via;
};

// forward_client_cert_details: what becomes of x-forwarded-client-cert.
enum class ForwardClientCert : uint8_t {
  kSanitize,           // taken off
  kForwardOnly,        // kept if the client has shown a certificate, else taken off
  kAppendForward,      // so too, with this client's details behind what is there
  kSanitizeSet,        // this client's details instead of what is there
  kAlwaysForwardOnly,  // kept
};

struct ClientCertRules {
  ForwardClientCert mode = ForwardClientCert::kSanitize;
  // set_current_client_cert_details; By and Hash are always there.
  bool subject = false;
  bool cert = false;
  bool chain = false;
  bool dns = false;
  bool uri = false;
};

// For requests that ask for an upgrade: the upgrade filter and the chain that such a stream has.
struct UpgradePlans {
  FilterPlan otherwise;  // of types without a chain of their own
  // upgrade_configs, and by the same index their chains; no handler: `otherwise`.
  std::vector<UpgradeRule> rules;
  std::vector<FilterPlan> plans;

  const FilterPlan& PlanFor(absl::string_view type) const {
    for (size_t i = 0; i < rules.size(); ++i) {
      if (absl::EqualsIgnoreCase(rules[i].type, type) && plans[i].handler != nullptr)
        return plans[i];
    }
    return otherwise;
  }
};

struct ConnectionManagerConfig {
  explicit ConnectionManagerConfig(const ConnectionManagerStats& handles) : stats(handles) {}

  std::string stat_prefix;
  CodecType codec_type = CodecType::kAuto;
  CodecLimits codec_limits;
  Http1Options http1;
  Http2Options http2;
  std::string default_host_for_http_10;  // what http1 refers to
  ConnectionLimits connection;
  RequestRules request_rules;
  ForwardingRules forwarding;
  ClientCertRules client_cert;

  std::string server_name = "sluice";  // Envoy says "envoy": the header names the software
  ServerHeader server_header = ServerHeader::kOverwrite;
  bool always_set_request_id_in_response = false;

  Duration idle_timeout = std::chrono::hours(1);  // of a connection without requests; 0: none
  Duration connection_duration_max{0};            // 0: none
  uint32_t requests_per_connection_max = 0;       // 0: none
  Duration stream_idle_timeout = std::chrono::minutes(5);  // 0: none
  // The same where it was set in so many words: of a tunnel. Envoy: five minutes for both.
  Duration tunnel_idle_timeout{0};  // 0: none
  Duration stream_duration_max{0};  // 0: none
  Duration request_timeout{0};      // until the request is complete; 0: none
  // Until a request's head is complete, from its first byte. Envoy: none; here slow heads are never
  // allowed to hold a connection for ever (slowloris), so 0 in a configuration turns it off
  // explicitly.
  Duration request_headers_timeout = std::chrono::seconds(60);
  Duration drain_timeout = std::chrono::seconds(5);  // an idle connection's grace when draining

  std::vector<std::unique_ptr<const AccessLog>> access_logs;
  Duration log_interval{0};           // access_log_options.access_log_flush_interval; 0: none
  bool log_at_request_start = false;  // access_log_options.flush_access_log_on_new_request
  bool log_at_tunnel_start = false;   // flush_log_on_tunnel_successfully_established
  LocalReplyRules local_replies;
  FilterPlan filters;
  UpgradePlans upgrades;
  // One of these; neither: nothing is routed (the admin listener).
  std::shared_ptr<const RouteTable> routes;
  std::unique_ptr<const RouteSubscription> rds;
  std::unique_ptr<const ScopedRoutes> scopes;
  bool routes_requests() const { return routes != nullptr || rds != nullptr || scopes != nullptr; }
  const OverloadState* overload = nullptr;  // null: nothing is ever too much
  ConnectionManagerStats stats;
};

}  // namespace sluice
