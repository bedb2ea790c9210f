#include "source/extensions/http/grpc_web/grpc_web_config.h"

#include <memory>

#include "envoy/extensions/filters/http/grpc_web/v3/grpc_web.pb.h"
#include "source/extensions/http/grpc_web/grpc_web_filter.h"

namespace sluice {

namespace pb = ::envoy::extensions::filters::http::grpc_web::v3;

void AddGrpcWeb(Registry& registry) {
  registry.AddHttpFilter(pb::GrpcWeb::descriptor()->full_name(),
                         [](const google::protobuf::Message&, const ExtensionContext&,
                            const FieldScope&) { return std::make_unique<GrpcWebFactory>(); });
}

}  // namespace sluice
