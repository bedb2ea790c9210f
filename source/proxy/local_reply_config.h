// Reads HttpConnectionManager.local_reply_config. Main thread, at load.
#pragma once

#include "source/config/field_scope.h"
#include "source/config/runtime_keys.h"
#include "source/proxy/local_reply.h"

namespace envoy::extensions::filters::network::http_connection_manager::v3 {
class LocalReplyConfig;
}

namespace sluice {

// Errors go to `scope`. `runtime`: as ParseAccessLogFilter.
LocalReplyRules ParseLocalReplyRules(
    const envoy::extensions::filters::network::http_connection_manager::v3::LocalReplyConfig& proto,
    const FieldScope& scope, RuntimeKeys* runtime = nullptr);

}  // namespace sluice
