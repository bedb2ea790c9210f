// Scopes of routes, of Envoy's API, as values: ScopedRouteConfiguration and ScopeKeyBuilder. Main
// thread. Errors go to the scope, all of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "source/config/field_scope.h"
#include "source/config/runtime_keys.h"
#include "source/route/filter_settings.h"
#include "source/route/scope_key.h"
#include "source/route/scoped_routes.h"

namespace envoy::config::route::v3 {
class ScopedRouteConfiguration;
}
namespace envoy::extensions::filters::network::http_connection_manager::v3 {
class ScopedRoutes;
}

namespace sluice {

// nullopt when anything is wrong. `runtime` and `filters` as ParseRouteTable has them.
std::optional<Scope> ParseScope(const envoy::config::route::v3::ScopedRouteConfiguration& proto,
                                const FieldScope& scope, RuntimeKeys* runtime = nullptr,
                                const FilterSettingsParsers* filters = nullptr);

// Its scoped_route_configurations_list, of which no two may have one name or one key.
Scopes ParseFixedScopes(
    const envoy::extensions::filters::network::http_connection_manager::v3::ScopedRoutes& proto,
    const FieldScope& scope, RuntimeKeys* runtime = nullptr,
    const FilterSettingsParsers* filters = nullptr);

// Its scope_key_builder.
std::vector<ScopeFragment> ParseScopeFragments(
    const envoy::extensions::filters::network::http_connection_manager::v3::ScopedRoutes& proto,
    const FieldScope& scope);

// Of `changed`, those that would have the key of another scope, with the name of that: of one that
// is in `present` and does not change it, or of another that changes and comes first by name. What
// is in conflict stays as it is in `present`, and keeps its key.
absl::btree_map<std::string, std::string> KeyConflicts(const Scopes& present,
                                                       const Scopes& changed);
// Reports it, at `scope` of the resource.
void ReportKeyConflict(const std::string& other, const FieldScope& scope);

}  // namespace sluice
