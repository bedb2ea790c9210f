// A RetryPolicy of Envoy's API to a value. Main thread; errors go to the scope.
#pragma once

#include <memory>

#include "source/config/field_scope.h"
#include "source/route/retry_policy.h"

namespace envoy::config::route::v3 {
class RetryPolicy;
}

namespace sluice {

std::shared_ptr<const RetryPolicy> ParseRetryPolicy(
    const envoy::config::route::v3::RetryPolicy& policy, const FieldScope& scope);

}  // namespace sluice
