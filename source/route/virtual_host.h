// VirtualHost: the routes of a set of domains, in order, and the index that finds among them.
// Const, shared by every RouteTable that it is in; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "source/route/header_edits.h"
#include "source/route/route.h"
#include "source/route/route_index.h"
#include "source/route/table_rules.h"

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
  std::vector<std::string> domains;  // as they are written
  TlsRequirement require_tls = TlsRequirement::kNone;
  bool attempt_count_in_request = false;  // x-envoy-attempt-count
  bool attempt_count_in_response = false;
  bool timeout_retry_in_request = false;      // x-envoy-is-timeout-retry
  HeaderEdits request_edits, response_edits;  // Routes point to them
  std::vector<Route> routes;
  RouteIndex index;                         // of `routes`, by place
  std::vector<std::string> clusters;        // that its routes name, sorted, once each
  std::shared_ptr<const TableRules> rules;  // by which it was compiled; Routes point into them
};

}  // namespace sluice
