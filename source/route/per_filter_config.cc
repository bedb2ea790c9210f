#include "source/route/per_filter_config.h"

#include "absl/strings/str_cat.h"
#include "envoy/config/route/v3/route_components.pb.h"
#include "sluice/extensions/http/upgrade/v1/upgrade.pb.h"
#include "source/config/any_unpack.h"
#include "source/http/websocket/policy_config.h"

namespace sluice {
namespace {

using envoy::config::route::v3::FilterConfig;
using extensions::http::upgrade::v1::UpgradePerRoute;
using google::protobuf::Any;

// What the entry holds, a FilterConfig around it looked through.
Any ContentOf(const Any& any, bool& is_optional) {
  FilterConfig wrapper;
  is_optional = false;
  if (!any.Is<FilterConfig>() || !any.UnpackTo(&wrapper)) return any;
  is_optional = wrapper.is_optional();
  return wrapper.config();
}

void Refuse(const Any& content, const FieldScope& at) {
  at.Error(absl::StrCat("no built-in filter takes configuration of type ",
                        TypeOfUrl(content.type_url())),
           "a FilterConfig with is_optional lets the route do without");
}

}  // namespace

std::shared_ptr<const WebSocketPolicy> ParsePerFilterConfig(const PerFilterMap& config,
                                                            const FieldScope& scope) {
  std::shared_ptr<const WebSocketPolicy> policy;
  for (const auto& [name, any] : config) {
    const FieldScope at = scope.AtKey("typed_per_filter_config", name);
    bool is_optional = false;
    const Any content = ContentOf(any, is_optional);
    if (ContentType(content) != UpgradePerRoute::descriptor()->full_name()) {
      if (!is_optional) Refuse(content, at);
      continue;
    }
    const auto per_route = Unpack<UpgradePerRoute>(content, at);
    if (!per_route.has_value()) continue;
    if (policy != nullptr) at.Error("is the second UpgradePerRoute here", "set one of them");
    policy = std::make_shared<const WebSocketPolicy>(
        ParseWebSocketPolicy(per_route->websocket(), at.At("websocket")));
  }
  return policy;
}

void RefusePerFilterConfig(const PerFilterMap& config, const FieldScope& scope) {
  for (const auto& [name, any] : config) {
    bool is_optional = false;
    const Any content = ContentOf(any, is_optional);
    if (!is_optional) Refuse(content, scope.AtKey("typed_per_filter_config", name));
  }
}

}  // namespace sluice
