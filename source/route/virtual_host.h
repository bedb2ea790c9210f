// VirtualHost: the routes of a set of domains, in order, and the index that finds among them.
// Const, part of a RouteTable; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "source/route/header_edits.h"
#include "source/route/route.h"
#include "source/route/route_index.h"

namespace sluice {

enum class TlsRequirement : uint8_t {
  kNone,
  kExternalOnly,  // for all but requests marked x-envoy-internal
  kAll,
};

struct VirtualHost {
  VirtualHost(std::vector<Route> routes, std::vector<RoutePredicate> predicates)
      : routes(std::move(routes)), index(std::move(predicates)) {}

  std::string name;
  TlsRequirement require_tls = TlsRequirement::kNone;
  bool attempt_count_in_request = false;  // x-envoy-attempt-count
  bool attempt_count_in_response = false;
  bool timeout_retry_in_request = false;      // x-envoy-is-timeout-retry
  HeaderEdits request_edits, response_edits;  // Routes point to them
  std::vector<Route> routes;
  RouteIndex index;  // of `routes`, by place
};

}  // namespace sluice
