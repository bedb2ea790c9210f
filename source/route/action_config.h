// The actions of a Route of Envoy's API to values. Main thread; errors go to the scope.
#pragma once

#include "source/config/field_scope.h"
#include "source/route/path_match.h"
#include "source/route/redirect.h"
#include "source/route/route.h"

namespace envoy::config::route::v3 {
class DirectResponseAction;
class RedirectAction;
class RouteAction;
}  // namespace envoy::config::route::v3

namespace sluice {

// `path` is how the route matches: prefix_rewrite replaces the part that it matched.
ClusterAction ParseClusterAction(const envoy::config::route::v3::RouteAction& action,
                                 const PathMatch& path, const FieldScope& scope);
Redirect ParseRedirect(const envoy::config::route::v3::RedirectAction& action,
                       const PathMatch& path, const FieldScope& scope);
DirectResponse ParseDirectResponse(const envoy::config::route::v3::DirectResponseAction& action,
                                   size_t body_bytes_max, const FieldScope& scope);

}  // namespace sluice
