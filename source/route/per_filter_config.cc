#include "source/route/per_filter_config.h"

#include "absl/strings/str_cat.h"
#include "envoy/config/route/v3/route_components.pb.h"
#include "source/config/any_unpack.h"

namespace sluice {

using envoy::config::route::v3::FilterConfig;

void RefusePerFilterConfig(const google::protobuf::Map<std::string, google::protobuf::Any>& config,
                           const FieldScope& scope) {
  for (const auto& [name, any] : config) {
    FilterConfig wrapper;
    if (any.Is<FilterConfig>() && any.UnpackTo(&wrapper) && wrapper.is_optional()) continue;
    scope.AtKey("typed_per_filter_config", name)
        .Error(absl::StrCat("no built-in filter takes configuration of type ",
                            TypeOfUrl(any.Is<FilterConfig>() ? wrapper.config().type_url()
                                                             : any.type_url())),
               "a FilterConfig with is_optional lets the route do without");
  }
}

}  // namespace sluice
