// A Stream that has left HTTP.
#include "absl/strings/match.h"
#include "source/http/websocket/policy.h"
#include "source/proxy/connection_manager.h"
#include "source/proxy/stream.h"

namespace sluice {

// The route's, else the upgrade filter's.
WebSocketPolicy Stream::TunnelPolicy() const {
  if (!absl::EqualsIgnoreCase(upgrade_->type, "websocket")) return {.follow_frames = false};
  if (route_ != nullptr && route_->websocket != nullptr) return *route_->websocket;
  return upgrade_->websocket == nullptr ? WebSocketPolicy() : *upgrade_->websocket;
}

// The request's timeouts end here; what a tunnel has are idle and duration.
void Stream::OpenTunnel() {
  const WebSocketPolicy policy = TunnelPolicy();
  tunnel_.reset(arena().New<Tunnel>(connection_.worker(), config().stats.websocket, info_,
                                    upgrade_->type, policy));
  timers_.ClearUpstream();
  timers_.ClearRequest();
  const ClusterAction* const action = route_ == nullptr ? nullptr : route_->cluster_action();
  Duration idle = config().tunnel_idle_timeout;
  if (policy.request_timeout_is_idle_timeout) idle = response_timeout_;
  if (action != nullptr && action->idle_timeout.has_value()) idle = *action->idle_timeout;
  timers_.SetIdle(idle, now());
  ArmTimer();
  config().stats.cx_upgrades_total.Add(worker().stats);
  config().stats.cx_upgrades_active.Add(worker().stats);
  if (config().log_at_tunnel_start)
    WriteAccessLogs(AccessLogType::kDownstreamTunnelSuccessfullyEstablished);
  connection_.OnTunnelOpened();
  slot_.arena.FreeSpareChunks();
  if (upgrade_->form == UpgradeForm::kExtendedConnect) MakeExtendedConnectAnswer(response_headers_);
}

}  // namespace sluice
