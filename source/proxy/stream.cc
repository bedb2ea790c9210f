#include "source/proxy/stream.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "source/http/grpc_timeout.h"
#include "source/proxy/client_cert_header.h"
#include "source/proxy/connection_manager.h"
#include "source/proxy/forwarding_headers.h"
#include "source/proxy/local_reply.h"
#include "source/proxy/request_checks.h"

namespace sluice {

Stream::Stream(ConnectionManager& connection, StreamSlot& slot, uint64_t id)
    : connection_(connection),
      config_(connection.config()),
      worker_(connection.worker().context()),
      slot_(slot),
      request_headers_(slot.heads),
      response_headers_(slot.heads),
      request_gauge_(
          std::max(connection.stream_buffer_bytes_max(), config_.filters.whole_body_bytes_max)),
      response_gauge_(connection.stream_buffer_bytes_max()),
      pending_(worker_.slabs),
      random_value_(worker_.random.Next()) {
  info_.downstream = &connection.facts();
  info_.stream_id = id;
  info_.start = now();
  // Logs print it, and so may header values of routes (%START_TIME%).
  info_.start_wall = worker().loop.wall_now();
  config().stats.rq_total.Add(worker().stats);
  (connection.multiplexes() ? config().stats.rq_http2_total : config().stats.rq_http1_total)
      .Add(worker().stats);
  config().stats.rq_active.Add(worker().stats);
}

Stream::~Stream() {
  handler_.reset();
  request_gauge_.SetSource(nullptr);
  response_gauge_.SetSource(nullptr);
}

// ---- The request comes in.

Headers& Stream::BeginHeaders(HeadersKind kind) {
  if (kind == HeadersKind::kHead) return request_headers_;
  if (request_trailers_ == nullptr) request_trailers_ = arena().New<Headers>(arena());
  return *request_trailers_;
}

void Stream::OnHeaders(Headers& headers, End end) {
  request_gauge_.SetSource(codec_stream_);
  info_.protocol = connection_.protocol();
  info_.downstream_header_bytes_received = headers.byte_size();
  StartTimers();
  const UpgradeAsked asked = FindUpgrade(headers, info_.protocol);
  plan_ = asked.form == UpgradeForm::kNone ? &config().filters : &TakeUpgrade(asked);
  runner_.Start(*plan_, {.worker = worker_,
                         .arena = slot_.arena,
                         .info = info_,
                         .route = route_,
                         .upgrade = upgrade_,
                         .request_headers = request_headers_,
                         .reply = reply_,
                         .resume_target = *this,
                         .request_gauge = request_gauge_,
                         .response_gauge = response_gauge_,
                         .scratch = connection_.worker().scratch()});
  // What follows a request to upgrade is not its body.
  if (end == End::kYes || upgrade_ != nullptr) EndRequest();
  if (!CheckAndForward()) return;
  if (end == End::kNo && upgrade_ == nullptr) AnswerExpectation();
  ChooseRoute();
  runner_.ApplyRoute();
  ArmTimer();
  if (config().log_at_request_start) WriteAccessLogs(AccessLogType::kDownstreamStart);
  if (runner_.empty()) return DeliverRequestHeaders(end);
  runner_.PutHeaders(Flow::kRequest, headers, end);
  PumpRequest();
}

void Stream::OnData(Buffer& data, End end) {
  timers_.Touch(now());
  info_.request_body_bytes += data.size();
  if (tunnel_ != nullptr) return PassTunnel(Tunnel::From::kClient, data, end);
  if (upgrade_ != nullptr) return HoldEarly(Tunnel::From::kClient, data, end);
  if (end == End::kYes) {
    EndRequest();
    ArmTimer();
  }
  PassRequest(data, end);
}

void Stream::PassRequest(Buffer& data, End end) {
  if (request_stopped_) return data.Clear();
  request_gauge_.Add(data.size());
  if (runner_.empty()) return DeliverRequestData(data, end);
  runner_.PutData(Flow::kRequest, data, end);
  PumpRequest();
}

void Stream::OnTrailers(Headers& trailers) {
  EndRequest();
  ArmTimer();
  if (request_stopped_) return;
  if (runner_.empty()) return DeliverRequestTrailers();
  runner_.PutTrailers(Flow::kRequest, trailers);
  PumpRequest();
}

// The request takes the form of HTTP/1, whatever the client speaks: see http/upgrade.h.
const FilterPlan& Stream::TakeUpgrade(const UpgradeAsked& asked) {
  upgrade_ = arena().New<UpgradeRequest>();
  upgrade_->form = asked.form;
  upgrade_->type = arena().Copy(asked.type);  // which the heads do not outlive
  upgrade_->manager_rules = config().upgrades.rules;
  if (asked.form == UpgradeForm::kExtendedConnect)
    TakeExtendedConnect(request_headers_, upgrade_->type);
  // RFC 9110 section 9.3.6: CONNECT has no content, so what is said of its length goes no further.
  if (asked.form == UpgradeForm::kConnect) request_headers_.Remove(HeaderId::kContentLength);
  return config().upgrades.PlanFor(upgrade_->type);
}

// Tells the connection to end, or the request that it is too much, while the process says so.
bool Stream::PassesOverload() {
  const OverloadState& overload = *config().overload;
  if (overload.ends_keep_alive.load(std::memory_order_relaxed)) {
    config().stats.cx_overload_disable_keepalive.Add(worker().stats);
    connection_.StartDrain();
  }
  if (!overload.refuses_requests.load(std::memory_order_relaxed)) return true;
  config().stats.rq_overload_close.Add(worker().stats);
  if (info_.protocol != HttpProtocol::kHttp2) connection_.StartDrain();
  ArmTimer();
  Fail(Failure::kOverload);
  return false;
}

// What has to be right before anything else sees the request, and what the proxy itself adds to it.
bool Stream::CheckAndForward() {
  if (config().overload != nullptr && !PassesOverload()) return false;
  const CheckResult check = CheckRequest(config().request_rules, request_headers_);
  if (check.failure != Failure::kNone) {
    ArmTimer();
    if (check.failure == Failure::kInvalidPath)
      config().stats.rq_failed_path_normalization.Add(worker().stats);
    Fail(check.failure);
    return false;
  }
  const ClientCertRules& client_cert = config().client_cert;
  ApplyClientCertHeader(client_cert,
                        NeedsClientCert(client_cert.mode) ? connection_.facts().tls() : nullptr,
                        connection_.worker().scratch(), request_headers_);
  ApplyForwardingHeaders(config().forwarding, connection_.facts(), worker().random,
                         request_headers_, info_);
  if (check.redirect_to_path) {
    ArmTimer();
    RedirectToPath();
    return false;
  }
  return true;
}

// RFC 9110 section 10.1.1: the proxy answers the expectation itself, as Envoy does without
// proxy_100_continue: the client's body is wanted, up to the stream's buffer.
void Stream::AnswerExpectation() {
  if (!absl::EqualsIgnoreCase(request_headers_.Get(HeaderId::kExpect), "100-continue")) return;
  request_headers_.Remove(HeaderId::kExpect);
  if (info_.protocol == HttpProtocol::kHttp10 || codec_stream_ == nullptr) return;
  Headers& headers = *arena().New<Headers>(arena());
  headers.AddReference(HeaderId::kStatus, "100");
  codec_stream_->SendInformational(headers);
  connection_.WantWrite();
}

// path_with_escaped_slashes_action UNESCAPE_AND_REDIRECT: the client is to ask again, so that every
// party on the way sees the same path.
void Stream::RedirectToPath() {
  config().stats.rq_redirected_with_normalized_path.Add(worker().stats);
  Answer({.status = 307,
          .details = "path_normalization_redirect",
          .location = request_headers_.Get(HeaderId::kPath)},
         0);
}

// Where the tables of the request come from; null: nowhere, or it belongs to no scope.
const RouteSubscription* Stream::FindRoutes() {
  if (config().rds != nullptr) return config().rds.get();
  if (config().scopes == nullptr) return nullptr;
  return config().scopes->Find(request_headers_, worker_.index);
}

// Null: there is none, or it has not come.
const RouteTable* Stream::PinRoutes() {
  if (config().routes != nullptr) return config().routes.get();
  const RouteSubscription* const from = FindRoutes();
  routes_ = from == nullptr ? RoutePin() : from->Pin(worker_.index);
  return routes_.get();
}

void Stream::ChooseRoute() {
  const RouteTable* const routes = PinRoutes();
  if (routes == nullptr) return;
  const absl::string_view scheme = request_headers_.Get(HeaderId::kScheme);
  const RouteMatch match = routes->Match(request_headers_, scheme == "https", random_value_);
  route_ = match.route;
  no_route_ = match.failure;
  if (route_ == nullptr) return;
  info_.route_name = route_->name;
  const ClusterAction* action = route_->cluster_action();
  if (action == nullptr) return;
  if (action->idle_timeout.has_value()) timers_.SetIdle(*action->idle_timeout, now());
  if (action->max_stream_duration.has_value())
    timers_.SetDuration(*action->max_stream_duration, info_.start);
  if (action->grpc_timeout_max.has_value()) LimitByGrpcTimeout(*action);
  response_timeout_ = action->timeout;
  if (request_ended_) timers_.SetUpstream(response_timeout_, now());
}

// The request waits for a virtual host, at its filter: what came before it stays as it is.
bool Stream::FetchRoute(uint32_t filter) {
  if (route_ != nullptr || no_route_ != NoRoute::kNoVirtualHost) return false;
  const RouteSubscription* const from = FindRoutes();
  if (from == nullptr) return false;
  host_wait_ =
      from->AwaitHost(worker_, request_headers_, [this, filter] { OnFetchedRoute(filter); });
  return host_wait_ != nullptr;
}

void Stream::OnFetchedRoute(uint32_t filter) {
  host_wait_.reset();
  if (finished_ || request_stopped_) return;
  ChooseRoute();
  runner_.ApplyRoute(filter + 1);
  ArmTimer();
  ResumeFilter(Flow::kRequest, filter);
}

void Stream::SetResponseTimeout(Duration timeout) {
  response_timeout_ = timeout;
  if (request_ended_) timers_.SetUpstream(timeout, now());
  ArmTimer();
}

// As Envoy: the offset lets this deadline pass before the client's own does.
void Stream::LimitByGrpcTimeout(const ClusterAction& action) {
  if (!IsGrpcRequest(request_headers_)) return;
  std::optional<Duration> timeout = ParseGrpcTimeout(request_headers_.Get(HeaderId::kGrpcTimeout));
  if (!timeout.has_value()) return;
  const Duration most = *action.grpc_timeout_max;
  if (most > Duration{0} && *timeout > most) timeout = most;
  if (*timeout > action.grpc_timeout_offset) *timeout -= action.grpc_timeout_offset;
  // Zero is no time at all to its sender, and no limit to the timer.
  timers_.SetDuration(std::max(*timeout, Duration{1}), info_.start);
}

void Stream::EndRequest() {
  request_ended_ = true;
  info_.request_complete = now();
  timers_.ClearRequest();
  // The route's timeout runs from here: a slow upload is not the upstream's fault.
  if (!request_stopped_ && !response_ended_) timers_.SetUpstream(response_timeout_, now());
}

// ---- Through the filters, to the handler.

void Stream::PumpRequest() {
  if (pumping_request_) return;
  pumping_request_ = true;
  Buffer data(worker().slabs);
  while (!request_stopped_) {
    End end = End::kNo;
    const FilterRunner::Piece piece = runner_.Next(Flow::kRequest, data, end);
    if (piece == FilterRunner::Piece::kNothing || request_stopped_) break;
    switch (piece) {
      case FilterRunner::Piece::kNothing:
        break;
      case FilterRunner::Piece::kHeaders:
        DeliverRequestHeaders(end);
        break;
      case FilterRunner::Piece::kData:
        DeliverRequestData(data, end);
        break;
      case FilterRunner::Piece::kTrailers:
        DeliverRequestTrailers();
        break;
      case FilterRunner::Piece::kReply:
        Answer(*reply_, runner_.replier(Flow::kRequest));
        break;
      case FilterRunner::Piece::kReset:
        Fail(Failure::kFilterReset);
        break;
      case FilterRunner::Piece::kBodyTooLarge:
        Fail(Failure::kPayloadTooLarge);
        break;
    }
  }
  pumping_request_ = false;
}

void Stream::DeliverRequestHeaders(End end) {
  if (config().routes_requests() && route_ == nullptr) {
    if (no_route_ == NoRoute::kTlsRequired) return RedirectToTls();
    config().stats.no_route.Add(worker().stats);
    return Fail(Failure::kNoRoute);
  }
  if (upgrade_ != nullptr && !upgrade_->allowed) return Fail(Failure::kUpgradeDenied);
  handler_ = plan_->handler->Create(*this);
  handler_->OnRequestHeaders(request_headers_, end);
}

// VirtualHost.require_tls: the same place over https.
void Stream::RedirectToTls() {
  std::string& scratch = connection_.worker().scratch();
  scratch.clear();
  AppendTlsLocation(request_headers_, scratch);
  config().stats.rq_redirect.Add(worker().stats);
  Answer({.status = 301, .details = "direct_response", .location = arena().Copy(scratch)},
         runner_.passed_filters());
}

void Stream::DeliverRequestData(Buffer& data, End end) { handler_->OnRequestData(data, end); }

void Stream::DeliverRequestTrailers() { handler_->OnRequestTrailers(*request_trailers_); }

void Stream::DropRequest() {
  request_stopped_ = true;
  runner_.Stop(Flow::kRequest);
  DropEarly(Tunnel::From::kClient);
}

void Stream::ResumeFilter(Flow flow, uint32_t filter) {
  if (finished_) return;
  runner_.Resume(flow, filter);
  flow == Flow::kRequest ? PumpRequest() : PumpResponse();
}

void Stream::ReplyFromFilter(Flow flow, uint32_t filter, const Reply& reply) {
  if (!finished_ && runner_.IsWaitedFor(flow, filter)) Answer(reply, filter);
}

// ---- Time.

void Stream::StartTimers() {
  timers_.SetIdle(config().stream_idle_timeout, now());
  timers_.SetRequest(config().request_timeout, now());
  timers_.SetLog(config().log_interval, now());
  timers_.SetDuration(config().stream_duration_max, info_.start);
}

void Stream::ArmTimer() {
  const MonotonicTime next = timers_.next();
  if (next != StreamTimers::kNever) slot_.timer.Arm(next - now());
}

void Stream::OnTimer() {
  if (!finished_ && timers_.LogDue(now())) {
    WriteAccessLogs(AccessLogType::kDownstreamPeriodic);
    timers_.SetLog(config().log_interval, now());
  }
  if (!finished_ && timers_.TunnelDue(now())) OnTunnelTime();
  const Failure due = finished_ ? Failure::kNone : timers_.Due(now());
  if (due == Failure::kNone) return ArmTimer();
  const ConnectionManagerStats& stats = config().stats;
  if (due == Failure::kStreamIdleTimeout) stats.rq_idle_timeout.Add(worker().stats);
  if (due == Failure::kRequestTimeout) stats.rq_timeout.Add(worker().stats);
  if (due == Failure::kMaxDuration) stats.rq_max_duration_reached.Add(worker().stats);
  if (tunnel_ == nullptr || !CloseTunnel(due)) Fail(due);
}

}  // namespace sluice
