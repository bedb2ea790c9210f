// A RouteConfiguration of Envoy's API to a RouteTable, and a VirtualHost to one that a table may
// take. Main thread. Errors go to the scope, all of them; null when there was one. Fractions and
// weights are those that `runtime` sets; null: nothing does. `filters` read what is said to
// filters; null: nobody does.
#pragma once

#include <memory>

#include "source/config/field_scope.h"
#include "source/config/runtime_keys.h"
#include "source/route/filter_settings.h"
#include "source/route/route_table.h"
#include "source/route/route_table_edit.h"
#include "source/route/table_rules.h"

namespace envoy::config::route::v3 {
class RouteConfiguration;
class VirtualHost;
}  // namespace envoy::config::route::v3

namespace sluice {

std::shared_ptr<const RouteTable> ParseRouteTable(
    const envoy::config::route::v3::RouteConfiguration& config, const FieldScope& scope,
    RuntimeKeys* runtime = nullptr, const FilterSettingsParsers* filters = nullptr);

// For tables of these rules. Whether one can take it is for RouteTableEdit to say.
std::shared_ptr<const VirtualHost> ParseVirtualHost(
    const envoy::config::route::v3::VirtualHost& proto, std::shared_ptr<const TableRules> rules,
    const FieldScope& scope, RuntimeKeys* runtime = nullptr,
    const FilterSettingsParsers* filters = nullptr);

// At the field of the virtual host that it is about.
void ReportConflict(const VirtualHost& host, const HostConflict& conflict, const FieldScope& scope);

}  // namespace sluice
