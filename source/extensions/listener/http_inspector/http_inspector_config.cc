#include "source/extensions/listener/http_inspector/http_inspector_config.h"

#include "envoy/extensions/filters/listener/http_inspector/v3/http_inspector.pb.h"
#include "source/extensions/listener/http_inspector/http_inspector_filter.h"

namespace sluice {

namespace pb = ::envoy::extensions::filters::listener::http_inspector::v3;

HttpInspectorStats::HttpInspectorStats(StatsRegistry& registry)
    : http10_found(registry.GetCounter("http_inspector.http10_found")),
      http11_found(registry.GetCounter("http_inspector.http11_found")),
      http2_found(registry.GetCounter("http_inspector.http2_found")),
      http_not_found(registry.GetCounter("http_inspector.http_not_found")) {}

std::unique_ptr<const ListenerFilterFactory> ParseHttpInspector(const google::protobuf::Message&,
                                                                const ExtensionContext& context,
                                                                const FieldScope&) {
  return std::make_unique<HttpInspectorFilterFactory>(HttpInspectorStats(context.stats));
}

void AddHttpInspector(Registry& registry) {
  registry.AddListenerFilter(pb::HttpInspector::descriptor()->full_name(), ParseHttpInspector);
}

}  // namespace sluice
