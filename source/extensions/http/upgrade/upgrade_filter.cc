#include "source/extensions/http/upgrade/upgrade_filter.h"

namespace sluice {

Verdict UpgradeFilter::OnRequestHeaders(FilterContext& context, Headers&, End) {
  // Without a route it is a 404 like any request.
  if (context.route() == nullptr) return Verdict::kDetach;
  UpgradeRequest& upgrade = *context.upgrade();
  const ClusterAction* const action = context.route()->cluster_action();
  const absl::Span<const UpgradeRule> route_rules =
      action == nullptr ? absl::Span<const UpgradeRule>() : absl::MakeConstSpan(action->upgrades);
  if (DecideUpgrade(upgrade.type, upgrade.manager_rules, route_rules).allowed) {
    upgrade.allowed = true;
    upgrade.websocket = &config_.websocket;
    return Verdict::kDetach;
  }
  config_.denied.Add(context.worker().stats);
  context.reply() = {.status = 403, .details = "upgrade_failed"};
  return Verdict::kReply;
}

}  // namespace sluice
