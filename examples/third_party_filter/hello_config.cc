#include "examples/third_party_filter/hello_config.h"

#include <memory>

#include "acme/hello/v1/hello.pb.h"
#include "examples/third_party_filter/hello_filter.h"

namespace acme {
namespace {

std::unique_ptr<const sluice::HttpFilterFactory> ParseHello(
    const google::protobuf::Message& message, const sluice::ExtensionContext& context,
    const sluice::FieldScope& scope) {
  const auto& proto = static_cast<const hello::v1::Hello&>(message);
  if (proto.path().empty() || proto.path()[0] != '/') {
    scope.At("path").Error("must begin with a slash", "/hello");
    return nullptr;
  }
  return std::make_unique<HelloFactory>(proto.path(), proto.greeting());
}

}  // namespace

void AddHello(sluice::Registry& registry) {
  registry.AddHttpFilter(hello::v1::Hello::descriptor()->full_name(), ParseHello);
}

}  // namespace acme
