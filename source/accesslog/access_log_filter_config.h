// An AccessLogFilter of Envoy's API to a value. Main thread; errors go to the scope, and null is
// returned where there was one. Its numbers are those that `runtime` sets; null: nothing does.
#pragma once

#include <memory>

#include "source/accesslog/access_log_filter.h"
#include "source/config/field_scope.h"
#include "source/config/runtime_keys.h"

namespace envoy::config::accesslog::v3 {
class AccessLogFilter;
}

namespace sluice {

std::unique_ptr<const AccessLogFilter> ParseAccessLogFilter(
    const envoy::config::accesslog::v3::AccessLogFilter& proto, const FieldScope& scope,
    RuntimeKeys* runtime = nullptr);

}  // namespace sluice
