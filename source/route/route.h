// Route: what is to be done with a request that matched: const values, made from the
// RouteConfiguration by route_config.cc, part of a RouteTable snapshot. Field names follow Envoy's
// API.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "source/base/key_values.h"
#include "source/base/units.h"
#include "source/config/runtime_value.h"
#include "source/http/headers.h"
#include "source/http/upgrade.h"
#include "source/route/filter_settings.h"
#include "source/route/hash_policy.h"
#include "source/route/header_edits.h"
#include "source/route/redirect.h"
#include "source/route/rewrite.h"

namespace sluice {

struct RetryPolicy;

struct WeightedCluster {
  std::string name;  // or, where empty, the value of:
  std::string cluster_header;
  RuntimeNumber weight = 0;
  uint64_t weight_end = 0;  // running sum of configured weights up to and with this one
  HeaderEdits request_edits, response_edits;
  std::string host_rewrite_literal;
  MetadataMatch metadata_match;  // the action's, and its own over it
};

// upgrade_configs.connect_config of "CONNECT": the proxy is where the tunnel ends, and its hosts
// get what is in it.
struct ConnectEnd {
  bool allow_post = false;  // asks for the same as CONNECT
};

// RouteAction of envoy.config.route.v3: to a cluster.
struct ClusterAction {
  // Exactly one of these three says which.
  std::string cluster;
  std::string cluster_header;
  std::vector<WeightedCluster> weighted_clusters;
  bool weights_by_runtime = false;  // they may be other than configured
  // Where this header holds a number, it stands for the random value that picks a weighted cluster.
  std::string weight_header;
  uint16_t cluster_not_found_code = 503;
  PathRewrite path_rewrite;
  HostRewrite host_rewrite;
  bool append_x_forwarded_host = false;
  Duration timeout = std::chrono::seconds(15);  // 0: none
  std::optional<Duration> idle_timeout;         // replaces the HCM's stream_idle_timeout; 0: none
  std::optional<Duration> max_stream_duration;  // 0: none
  // A gRPC client's own deadline takes its place, up to this (0: whatever it is), less the offset.
  std::optional<Duration> grpc_timeout_max;
  Duration grpc_timeout_offset{0};
  RoutePriority priority = RoutePriority::kDefault;
  MetadataMatch metadata_match;       // that the host is to have, as the cluster's subsets say
  std::vector<UpgradeRule> upgrades;  // upgrade_configs
  std::optional<ConnectEnd> connect;  // none: CONNECT goes to the host
  // Of the route, else of its virtual host; null: none.
  std::shared_ptr<const RetryPolicy> retry;
  std::vector<HashPolicy> hash_policies;  // none: by chance
};

struct DirectResponse {
  uint16_t status = 200;
  std::string body;
  std::string content_type;  // empty: text/plain when there is a body
};

struct VirtualHost;
struct WebSocketPolicy;

struct Route {
  std::string name;
  std::variant<ClusterAction, Redirect, DirectResponse> action;
  HeaderEdits own_request_edits, own_response_edits;
  // UpgradePerRoute of this level or of the next one that has any; null: the upgrade filter's.
  std::shared_ptr<const WebSocketPolicy> websocket;
  // For each filter that any level says something to, what the most specific one says.
  FilterSettingsList filter_settings;
  // Edits of all levels in the order to apply (route, virtual host, configuration, or the reverse
  // by most_specific_header_mutations_wins): resolved when the table is built, empty ones left out.
  std::vector<const HeaderEdits*> request_edits, response_edits;
  // Of which a weighted cluster's edits are the first, or with most_specific_header_mutations_wins
  // the last.
  bool weighted_edits_last = false;
  // Whether there are any where `weighted`, which may be null, was chosen.
  bool EditsRequest(const WeightedCluster* weighted) const {
    return weighted != nullptr || !request_edits.empty();
  }
  bool EditsResponse(const WeightedCluster* weighted) const {
    return weighted != nullptr || !response_edits.empty();
  }
  // Of a request's body, to be kept for another try; none: what the stream may hold.
  std::optional<uint32_t> replay_bytes_max;
  const VirtualHost* virtual_host = nullptr;
  // Null for redirects and direct responses.
  const ClusterAction* cluster_action() const { return std::get_if<ClusterAction>(&action); }
};

// All edits that apply to one request, in their order; `weighted` may be null. `scratch` is the
// worker's. Host and path rewrites come after, in this order (see rewrite.h).
void ApplyRequestEdits(const Route& route, const WeightedCluster* weighted, Headers& headers,
                       const FormatContext& context, std::string& scratch);
void ApplyResponseEdits(const Route& route, const WeightedCluster* weighted, Headers& headers,
                        const FormatContext& context, std::string& scratch);

}  // namespace sluice
