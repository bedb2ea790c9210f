// A RouteConfiguration of Envoy's API to a RouteTable. Main thread. Errors go to the scope, all of
// them; null when there was one. Its fractions and weights are those that `runtime` sets; null:
// nothing does. `filters` read what it says to filters; null: nobody does.
#pragma once

#include <memory>

#include "source/config/field_scope.h"
#include "source/config/runtime_keys.h"
#include "source/route/filter_settings.h"
#include "source/route/route_table.h"

namespace envoy::config::route::v3 {
class RouteConfiguration;
}

namespace sluice {

std::shared_ptr<const RouteTable> ParseRouteTable(
    const envoy::config::route::v3::RouteConfiguration& config, const FieldScope& scope,
    RuntimeKeys* runtime = nullptr, const FilterSettingsParsers* filters = nullptr);

}  // namespace sluice
