#include "source/extensions/http/new_filter/new_filter_config.h"

#include "absl/strings/ascii.h"
#include "sluice/extensions/http/new_filter/v1/new_filter.pb.h"
#include "source/extensions/http/new_filter/new_filter.h"

namespace sluice {

namespace pb = ::sluice::extensions::http::new_filter::v1;

std::unique_ptr<const HttpFilterFactory> ParseNewFilter(const google::protobuf::Message& message,
                                                        const ExtensionContext& context,
                                                        const FieldScope& scope) {
  const auto& proto = static_cast<const pb::NewFilter&>(message);
  if (absl::AsciiStrToLower(proto.header()) != proto.header()) {
    scope.At("header").Error("must be in lower case", "names are compared without their case");
    return nullptr;
  }
  return std::make_unique<NewFilterFactory>(NewFilterConfig{proto.header(), proto.value()});
}

void AddNewFilter(Registry& registry) {
  registry.AddHttpFilter(pb::NewFilter::descriptor()->full_name(), ParseNewFilter);
}

}  // namespace sluice
