// Route: what is to be done with a request that matched: const values, made from the RouteConfiguration
// by route_config.cc, part of a RouteTable snapshot. Field names follow Envoy's API.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "source/base/random.h"
#include "source/base/units.h"
#include "source/http/headers.h"
#include "source/http/stream_info.h"
#include "source/route/header_edits.h"
#include "source/route/redirect.h"
#include "source/route/rewrite.h"

namespace sluice {

struct WeightedCluster {
  std::string name;            // or, where empty, the value of:
  std::string cluster_header;
  uint64_t weight_end;         // running sum of weights up to and with this one
  HeaderEdits request_edits, response_edits;
  std::string host_rewrite_literal;
};

// RouteAction of envoy.config.route.v3: to a cluster.
struct ClusterAction {
  // Exactly one of these three says which.
  std::string cluster;
  std::string cluster_header;
  std::vector<WeightedCluster> weighted_clusters;
  uint16_t cluster_not_found_code = 503;
  PathRewrite path_rewrite;
  HostRewrite host_rewrite;
  bool append_x_forwarded_host = false;
  Duration timeout = std::chrono::seconds(15);          // 0: none
  std::optional<Duration> idle_timeout;                 // replaces the HCM's stream_idle_timeout; 0: none
  std::optional<Duration> max_stream_duration;          // 0: none
  RoutePriority priority = RoutePriority::kDefault;
};

struct DirectResponse {
  uint16_t status;
  std::string body;
  std::string content_type;  // empty: text/plain when there is a body
};

struct VirtualHost;

struct Route {
  std::string name;
  std::variant<ClusterAction, Redirect, DirectResponse> action;
  // Request edits in the order to apply (route, virtual host, configuration, or the reverse by
  // most_specific_header_mutations_wins), response edits likewise: resolved when the table is built.
  std::vector<const HeaderEdits*> request_edits, response_edits;
  const VirtualHost* virtual_host = nullptr;
  // Filled where the stream's cluster is chosen:
  const ClusterAction* cluster_action() const { return std::get_if<ClusterAction>(&action); }
};

}  // namespace sluice
