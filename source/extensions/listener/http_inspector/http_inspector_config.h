// The configuration of http_inspector: there is none but its stats. Main thread, when configuration
// is read.
#pragma once

#include <memory>

#include "source/config/field_scope.h"
#include "source/sdk/listener_filter.h"
#include "source/sdk/registry.h"
#include "source/stats/counter.h"
#include "source/stats/registry.h"

namespace google::protobuf {
class Message;
}

namespace sluice {

// "http_inspector.*". Names as in Envoy.
struct HttpInspectorStats {
  explicit HttpInspectorStats(StatsRegistry& registry);
  Counter http10_found, http11_found, http2_found, http_not_found;
};

std::unique_ptr<const ListenerFilterFactory> ParseHttpInspector(
    const google::protobuf::Message& message, const ExtensionContext& context,
    const FieldScope& scope);

void AddHttpInspector(Registry& registry);

}  // namespace sluice
