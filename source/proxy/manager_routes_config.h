// Where a connection manager has its routes from: its own table, one that comes by name (rds), or
// one for each scope of requests (scoped_routes). Main thread, at load.
#pragma once

#include "source/config/field_scope.h"
#include "source/proxy/connection_manager_config.h"
#include "source/proxy/http_connection_manager_config.h"

namespace sluice {

// Sets one of `config`'s; none, and errors in `scope`, where anything is wrong.
void ReadManagerRoutes(
    const envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager&
        proto,
    const ConnectionManagerParts& parts, const FieldScope& scope, ConnectionManagerConfig& config);

}  // namespace sluice
