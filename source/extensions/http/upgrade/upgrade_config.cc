#include "source/extensions/http/upgrade/upgrade_config.h"

#include "absl/strings/str_cat.h"
#include "sluice/extensions/http/upgrade/v1/upgrade.pb.h"
#include "source/extensions/http/upgrade/upgrade_filter.h"
#include "source/http/websocket/policy_config.h"

namespace sluice {

namespace pb = ::sluice::extensions::http::upgrade::v1;

void AddUpgrade(Registry& registry) {
  registry.AddHttpFilter(
      pb::Upgrade::descriptor()->full_name(),
      [](const google::protobuf::Message& message, const ExtensionContext& context,
         const FieldScope& scope) {
        const auto& proto = static_cast<const pb::Upgrade&>(message);
        return std::make_unique<UpgradeFilterFactory>(UpgradeFilterConfig{
            .denied = context.stats.GetCounter(
                absl::StrCat(context.stat_prefix, "downstream_rq_ws_on_non_ws_route")),
            .websocket = ParseWebSocketPolicy(proto.websocket(), scope.At("websocket"))});
      });
}

}  // namespace sluice
