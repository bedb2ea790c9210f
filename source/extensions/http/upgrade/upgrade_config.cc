#include "source/extensions/http/upgrade/upgrade_config.h"

#include "absl/strings/str_cat.h"
#include "sluice/extensions/http/upgrade/v1/upgrade.pb.h"
#include "source/extensions/http/upgrade/upgrade_filter.h"

namespace sluice {

namespace pb = ::sluice::extensions::http::upgrade::v1;

void AddUpgrade(Registry& registry) {
  registry.AddHttpFilter(
      pb::Upgrade::descriptor()->full_name(),
      [](const google::protobuf::Message&, const ExtensionContext& context, const FieldScope&) {
        return std::make_unique<UpgradeFilterFactory>(
            UpgradeFilterConfig{.denied = context.stats.GetCounter(absl::StrCat(
                                    context.stat_prefix, "downstream_rq_ws_on_non_ws_route"))});
      });
}

}  // namespace sluice
