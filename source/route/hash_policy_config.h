// HashPolicies of Envoy's API to values. Main thread; errors go to the scope.
#pragma once

#include <vector>

#include "source/config/field_scope.h"
#include "source/route/hash_policy.h"

namespace envoy::config::route::v3 {
class RouteAction;
}

namespace sluice {

// hash_policy of the action, in its order.
std::vector<HashPolicy> ParseHashPolicies(const envoy::config::route::v3::RouteAction& action,
                                          const FieldScope& scope);

}  // namespace sluice
