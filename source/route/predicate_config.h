// A RouteMatch of Envoy's API to a RoutePredicate. Main thread; errors go to the scope, and nothing
// is returned where there was one.
#pragma once

#include <optional>

#include "source/config/field_scope.h"
#include "source/route/route_predicate.h"

namespace envoy::config::route::v3 {
class RouteMatch;
}

namespace sluice {

std::optional<RoutePredicate> ParseRoutePredicate(const envoy::config::route::v3::RouteMatch& match,
                                                  const FieldScope& scope);

}  // namespace sluice
