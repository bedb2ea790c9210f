// The configuration of tls_inspector: nothing in it takes effect but its stats. Main thread, when
// configuration is read.
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

// "tls_inspector.*". Names as in Envoy.
struct TlsInspectorStats {
  explicit TlsInspectorStats(StatsRegistry& registry);
  Counter tls_found, tls_not_found, client_hello_too_large;
  Counter sni_found, sni_not_found, alpn_found, alpn_not_found;
};

std::unique_ptr<const ListenerFilterFactory> ParseTlsInspector(
    const google::protobuf::Message& message, const ExtensionContext& context,
    const FieldScope& scope);

void AddTlsInspector(Registry& registry);

}  // namespace sluice
