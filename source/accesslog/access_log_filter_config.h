// An AccessLogFilter of Envoy's API to a value. Main thread; errors go to the scope, and null is
// returned where there was one.
#pragma once

#include <memory>

#include "source/accesslog/access_log_filter.h"
#include "source/config/field_scope.h"

namespace envoy::config::accesslog::v3 {
class AccessLogFilter;
}

namespace sluice {

std::unique_ptr<const AccessLogFilter> ParseAccessLogFilter(
    const envoy::config::accesslog::v3::AccessLogFilter& proto, const FieldScope& scope);

}  // namespace sluice
