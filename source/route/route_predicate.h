// RoutePredicate: when a route applies: its path, and the conditions that come on top. Const; any
// thread; allocates nothing (but see HeaderMatch).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "source/http/headers.h"
#include "source/http/match/fraction.h"
#include "source/http/match/header_match.h"
#include "source/route/path_match.h"
#include "source/route/query_match.h"

namespace sluice {

// A request as routes look at it, taken apart once.
struct RouteRequest {
  RouteRequest(const Headers& headers, uint64_t random_value);

  const Headers& headers;
  absl::string_view path;   // without query string
  absl::string_view query;  // what follows the '?'
  uint64_t random_value;
  bool has_path;  // CONNECT may have none, and then only a connect_matcher matches
  bool connect;
};

struct RouteConditions {
  std::vector<HeaderMatch> headers;
  std::vector<QueryMatch> query;
  std::optional<Fraction> fraction;
  bool grpc = false;

  bool any() const { return grpc || fraction.has_value() || !headers.empty() || !query.empty(); }
  bool Match(const RouteRequest& request) const;
};

struct RoutePredicate {
  PathMatch path;
  RouteConditions conditions;

  // What the route index computes for a whole list, for one route.
  bool Matches(const RouteRequest& request) const;
};

}  // namespace sluice
