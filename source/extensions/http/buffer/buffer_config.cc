#include "source/extensions/http/buffer/buffer_config.h"

#include "envoy/extensions/filters/http/buffer/v3/buffer.pb.h"
#include "source/config/proto_fields.h"
#include "source/extensions/http/buffer/buffer_filter.h"

namespace sluice {

namespace pb = ::envoy::extensions::filters::http::buffer::v3;

std::unique_ptr<const HttpFilterFactory> ParseBuffer(const google::protobuf::Message& message,
                                                     const ExtensionContext& context,
                                                     const FieldScope& scope) {
  const auto& proto = static_cast<const pb::Buffer&>(message);
  const size_t errors_before = scope.errors().size();
  if (!proto.has_max_request_bytes()) scope.At("max_request_bytes").Error("is required");
  const uint32_t bytes_max = UInt32Or(proto, "max_request_bytes", 1, scope, {.min = 1});
  if (scope.errors().size() != errors_before) return nullptr;
  return std::make_unique<BufferFilterFactory>(BufferConfig{.request_bytes_max = bytes_max});
}

void AddBuffer(Registry& registry) {
  registry.AddHttpFilter(pb::Buffer::descriptor()->full_name(), ParseBuffer);
}

}  // namespace sluice
