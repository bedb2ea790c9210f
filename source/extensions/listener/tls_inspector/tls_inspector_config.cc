#include "source/extensions/listener/tls_inspector/tls_inspector_config.h"

#include "envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector.pb.h"
#include "source/extensions/listener/tls_inspector/tls_inspector_filter.h"

namespace sluice {

namespace pb = ::envoy::extensions::filters::listener::tls_inspector::v3;

TlsInspectorStats::TlsInspectorStats(StatsRegistry& registry)
    : tls_found(registry.GetCounter("tls_inspector.tls_found")),
      tls_not_found(registry.GetCounter("tls_inspector.tls_not_found")),
      client_hello_too_large(registry.GetCounter("tls_inspector.client_hello_too_large")),
      sni_found(registry.GetCounter("tls_inspector.sni_found")),
      sni_not_found(registry.GetCounter("tls_inspector.sni_not_found")),
      alpn_found(registry.GetCounter("tls_inspector.alpn_found")),
      alpn_not_found(registry.GetCounter("tls_inspector.alpn_not_found")) {}

std::unique_ptr<const ListenerFilterFactory> ParseTlsInspector(const google::protobuf::Message&,
                                                               const ExtensionContext& context,
                                                               const FieldScope&) {
  return std::make_unique<TlsInspectorFilterFactory>(TlsInspectorStats(context.stats));
}

void AddTlsInspector(Registry& registry) {
  registry.AddListenerFilter(pb::TlsInspector::descriptor()->full_name(), ParseTlsInspector);
}

}  // namespace sluice
