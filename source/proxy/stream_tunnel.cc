// A Stream that has left HTTP.
#include "absl/strings/match.h"
#include "source/http/websocket/policy.h"
#include "source/proxy/connection_manager.h"
#include "source/proxy/stream.h"

namespace sluice {

// The route's, else the upgrade filter's.
const WebSocketPolicy& Stream::TunnelPolicy() const {
  static constexpr WebSocketPolicy kNoWebSocket{.follow_frames = false}, kDefault;
  if (!absl::EqualsIgnoreCase(upgrade_->type, "websocket")) return kNoWebSocket;
  if (route_ != nullptr && route_->websocket != nullptr) return *route_->websocket;
  return upgrade_->websocket == nullptr ? kDefault : *upgrade_->websocket;
}

// The request's timeouts end here; what a tunnel has are idle and duration.
void Stream::OpenTunnel() {
  const WebSocketPolicy& policy = TunnelPolicy();
  tunnel_.reset(arena().New<Tunnel>(connection_.worker(), arena(), config().stats.websocket, info_,
                                    *upgrade_, policy));
  tunnel_->WatchHost(this, kMethod<&Stream::OnTunnelHost>);
  timers_.ClearUpstream();
  timers_.ClearRequest();
  const ClusterAction* const action = route_ == nullptr ? nullptr : route_->cluster_action();
  Duration idle = config().tunnel_idle_timeout;
  if (policy.request_timeout_is_idle_timeout) idle = response_timeout_;
  if (action != nullptr && action->idle_timeout.has_value()) idle = *action->idle_timeout;
  timers_.SetIdle(idle, now());
  if (tunnel_->warded()) timers_.SetTunnel(tunnel_->next());
  ArmTimer();
  config().stats.cx_upgrades_total.Add(worker().stats);
  config().stats.cx_upgrades_active.Add(worker().stats);
  if (config().log_at_tunnel_start)
    WriteAccessLogs(AccessLogType::kDownstreamTunnelSuccessfullyEstablished);
  connection_.OnTunnelOpened();
  runner_.StepAside();
  if (upgrade_->form == UpgradeForm::kExtendedConnect) MakeExtendedConnectAnswer(response_headers_);
}

// What made the tunnel is history, but for who logs it or still looks at it.
void Stream::DropHeads() {
  slot_.arena.FreeSpareChunks();
  slot_.heads.FreeSpareChunks();
  if (!runner_.empty()) return;
  if (config().access_logs.empty()) {
    request_headers_.Forget();
    response_headers_.Forget();
  } else {
    const size_t request_bytes = request_headers_.packed_bytes();
    char* const place = static_cast<char*>(
        arena().Allocate(request_bytes + response_headers_.packed_bytes(), alignof(Header)));
    request_headers_.MoveTo(place);
    response_headers_.MoveTo(place + request_bytes);
  }
  slot_.heads.Release();
}

// Frames are followed from the first byte or not at all, so nothing passes before the tunnel.
void Stream::HoldEarly(Tunnel::From from, Buffer& data, End end) {
  const bool client = from == Tunnel::From::kClient;
  if (client && (request_stopped_ || response_started_)) return data.Clear();  // it was refused
  if (early_ == nullptr) early_.reset(arena().New<EarlyBytes>(worker().slabs));
  (client ? request_gauge_ : response_gauge_).Add(data.size());
  early_->bytes[static_cast<size_t>(from)].MoveFrom(data);
  if (end == End::kYes) early_->ends[static_cast<size_t>(from)] = end;
}

void Stream::PassEarly() {
  if (early_ == nullptr) return;
  for (const Tunnel::From from : {Tunnel::From::kClient, Tunnel::From::kServer}) {
    Buffer data(worker().slabs);
    data.MoveFrom(early_->bytes[static_cast<size_t>(from)]);
    const End end = early_->ends[static_cast<size_t>(from)];
    (from == Tunnel::From::kClient ? request_gauge_ : response_gauge_).Subtract(data.size());
    if (!data.empty() || end == End::kYes) PassTunnel(from, data, end);
    if (finished_) return;
  }
  early_.reset();
}

void Stream::DropEarly(Tunnel::From from) {
  if (early_ == nullptr) return;
  Buffer& bytes = early_->bytes[static_cast<size_t>(from)];
  (from == Tunnel::From::kClient ? request_gauge_ : response_gauge_).Subtract(bytes.size());
  bytes.Clear();
}

void Stream::PassTunnel(Tunnel::From from, Buffer& data, End end) {
  end = tunnel_->Take(from, data, end);
  from == Tunnel::From::kClient ? PassRequest(data, end) : PassResponse(data, end);
  if (tunnel_->warded()) TendTunnel();
}

// What the proxy itself has to say.
void Stream::TendTunnel() {
  if (aborting_) return;
  for (const Tunnel::From from : {Tunnel::From::kClient, Tunnel::From::kServer}) {
    if (finished_) return;
    Buffer own(worker().slabs);
    const End end = tunnel_->TakeOwn(from, own);
    if (own.empty() && end == End::kNo) continue;
    if (from == Tunnel::From::kServer && response_ended_) continue;  // by trailers
    from == Tunnel::From::kClient ? PassRequest(own, end) : PassResponse(own, end);
  }
  if (finished_) return;
  if (tunnel_->closing()) timers_.KeepTunnelOnly();
  if (timers_.SetTunnel(tunnel_->next())) ArmTimer();
}

// A time is over that a tunnel had. False: it cannot be told so, only cut off, or is being cut off.
bool Stream::CloseTunnel(Failure failure) {
  if (aborting_) return false;
  const FailureRow& row = RowOf(failure);
  if (!tunnel_->Close(row.detail)) return false;
  info_.flags.Set(row.flag);
  TendTunnel();
  ArmTimer();
  return true;
}

// It is being cut off: what is still the client's is waited for as in any stream.
void Stream::LeaveTunnelTimes() {
  timers_.SetTunnel(StreamTimers::kNever);
  timers_.LimitIdle(config().stream_idle_timeout, now());
  ArmTimer();
}

void Stream::OnTunnelHost() {
  if (finished_ || aborting_) return;
  tunnel_->OnHost();
  if (timers_.SetTunnel(tunnel_->next())) ArmTimer();
}

void Stream::OnTunnelTime() {
  if (tunnel_->OnTime(request_gauge_.paused(), response_gauge_.paused())) return TendTunnel();
  CancelHandler();
  DropRequest();
  reset_code_ = ResetCode::kNoError;
  EndByReset();
}

}  // namespace sluice
