#include "source/proxy/stream.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "source/proxy/client_cert_header.h"
#include "source/proxy/connection_manager.h"
#include "source/proxy/forwarding_headers.h"
#include "source/proxy/request_checks.h"

namespace sluice {

Stream::Stream(ConnectionManager& connection, StreamSlot& slot, uint64_t id)
    : connection_(connection),
      config_(connection.config()),
      worker_(connection.worker().context()),
      slot_(slot),
      request_headers_(slot.arena),
      response_headers_(slot.arena),
      request_gauge_(
          std::max(connection.stream_buffer_bytes_max(), config_.filters.whole_body_bytes_max)),
      response_gauge_(connection.stream_buffer_bytes_max()),
      runner_(config_.filters, {.worker = worker_,
                                .arena = slot.arena,
                                .info = info_,
                                .route = route_,
                                .request_headers = request_headers_,
                                .reply = reply_,
                                .resume_target = *this,
                                .request_gauge = request_gauge_,
                                .response_gauge = response_gauge_,
                                .scratch = connection.worker().scratch()}),
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
  if (end == End::kYes) EndRequest();
  if (!CheckAndForward()) return;
  if (end == End::kNo) AnswerExpectation();
  ChooseRoute();
  ArmTimer();
  if (config().log_at_request_start) WriteAccessLogs(AccessLogType::kDownstreamStart);
  if (runner_.empty()) return DeliverRequestHeaders(end);
  runner_.PutHeaders(Flow::kRequest, headers, end);
  PumpRequest();
}

void Stream::OnData(Buffer& data, End end) {
  timers_.Touch(now());
  info_.request_body_bytes += data.size();
  request_gauge_.Add(data.size());
  if (end == End::kYes) {
    EndRequest();
    ArmTimer();
  }
  if (request_stopped_) {
    request_gauge_.Subtract(data.size());
    return data.Clear();
  }
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

// What has to be right before anything else sees the request, and what the proxy itself adds to it.
bool Stream::CheckAndForward() {
  const CheckResult check = CheckRequest(config().request_rules, request_headers_);
  if (check.failure != Failure::kNone) {
    ArmTimer();
    if (check.failure == Failure::kUpgradeDenied)
      config().stats.rq_ws_on_non_ws_route.Add(worker().stats);
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

void Stream::ChooseRoute() {
  if (config().routes == nullptr) return;
  const absl::string_view scheme = request_headers_.Get(HeaderId::kScheme);
  const RouteMatch match =
      config().routes->Match(request_headers_, scheme == "https", random_value_);
  route_ = match.route;
  no_route_ = match.failure;
  if (route_ == nullptr) return;
  info_.route_name = route_->name;
  const ClusterAction* action = route_->cluster_action();
  if (action == nullptr) return;
  if (action->idle_timeout.has_value()) timers_.SetIdle(*action->idle_timeout, now());
  if (action->max_stream_duration.has_value())
    timers_.SetDuration(*action->max_stream_duration, info_.start);
  response_timeout_ = action->timeout;
  if (request_ended_) timers_.SetUpstream(response_timeout_, now());
}

void Stream::SetResponseTimeout(Duration timeout) {
  response_timeout_ = timeout;
  if (request_ended_) timers_.SetUpstream(timeout, now());
  ArmTimer();
}

void Stream::EndRequest() {
  request_ended_ = true;
  info_.request_complete = now();
  timers_.ClearRequest();
  // The route's timeout runs from here: a slow upload is not the upstream's fault.
  if (!request_stopped_) timers_.SetUpstream(response_timeout_, now());
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
        Answer(reply_, runner_.replier(Flow::kRequest));
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
  if (config().routes != nullptr && route_ == nullptr) {
    if (no_route_ == NoRoute::kTlsRequired) return RedirectToTls();
    config().stats.no_route.Add(worker().stats);
    return Fail(Failure::kNoRoute);
  }
  handler_ = config().filters.handler->Create(*this);
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
  const Failure due = finished_ ? Failure::kNone : timers_.Due(now());
  if (due == Failure::kNone) return ArmTimer();
  const ConnectionManagerStats& stats = config().stats;
  if (due == Failure::kStreamIdleTimeout) stats.rq_idle_timeout.Add(worker().stats);
  if (due == Failure::kRequestTimeout) stats.rq_timeout.Add(worker().stats);
  if (due == Failure::kMaxDuration) stats.rq_max_duration_reached.Add(worker().stats);
  Fail(due);
}

// ---- The end.

void Stream::Reject(Failure failure, absl::string_view detail) {
  request_ended_ = true;
  // Where the codec still takes an answer nothing of another one has gone out.
  DropResponse();
  const FailureRow& row = RowOf(failure);
  if (row.flag != ResponseFlag::kCount) info_.flags.Set(row.flag);
  Answer({.status = row.status,
          .body = row.body,
          .details = detail.empty() ? row.detail : detail,
          .grpc_status = row.grpc_status},
         0);
}

void Stream::OnReset(StreamReset reset, ResetCode code) {
  codec_stream_ = nullptr;
  switch (reset) {
    case StreamReset::kPeer:
    case StreamReset::kRefused:
      return OnPeerReset(code);
    case StreamReset::kProtocolError:
      break;
    case StreamReset::kLocal:
      return Fail(Failure::kResponseMismatch);
    default:
      return OnConnectionLost();
  }
  info_.flags.Set(ResponseFlag::kDownstreamProtocolError);
  info_.response_code_details = CodecErrorDetail(connection_.codec_error());
  CancelHandler();
  DropRequest();
  // HTTP/1, a malformed body: the connection manager rejects this stream next, where an answer can
  // still be sent. HTTP/2: the codec has given its answer, to the stream or to all of them.
  if (connection_.multiplexes() && connection_.codec_error() == CodecError::kNone) {
    config().stats.rq_tx_reset.Add(worker().stats);
    Finish();
  }
}

// Envoy's details, and its flag for a client that resets a stream and keeps the connection.
void Stream::OnPeerReset(ResetCode code) {
  if (finished_) return;
  info_.flags.Set(ResponseFlag::kDownstreamRemoteReset);
  info_.response_code_details =
      code == ResetCode::kRefusedStream ? "http2.remote_refuse" : "http2.remote_reset";
  config().stats.rq_rx_reset.Add(worker().stats);
  Finish();
}

void Stream::EndWithConnection(Failure failure, absl::string_view detail) {
  const FailureRow& row = RowOf(failure);
  if (row.flag != ResponseFlag::kCount) info_.flags.Set(row.flag);
  info_.response_code_details = detail.empty() ? row.detail : detail;
  CodecStream* const codec_stream = std::exchange(codec_stream_, nullptr);
  if (codec_stream != nullptr) codec_stream->Reset(ResetCode::kInternalError);
  OnConnectionLost();
}

void Stream::OnConnectionLost() {
  if (finished_) return;
  codec_stream_ = nullptr;
  // Where its malformed body, or a response that could not be completed, is the reason, the log
  // says so already.
  if (!info_.flags.Has(ResponseFlag::kDownstreamProtocolError) && !aborting_) {
    info_.flags.Set(RowOf(Failure::kDownstreamClosed).flag);
    if (info_.response_code_details.empty() || response_started_) {
      info_.response_code_details = RowOf(Failure::kDownstreamClosed).detail;
    }
  }
  config().stats.rq_rx_reset.Add(worker().stats);
  Finish();
}

void Stream::OnComplete() {
  codec_stream_ = nullptr;
  Finish();
}

void Stream::Fail(Failure failure) {
  const FailureRow& row = RowOf(failure);
  if (row.flag != ResponseFlag::kCount) info_.flags.Set(row.flag);
  if (row.status == 0) return Abort(row.detail, ResetCode::kInternalError);
  // Envoy: while the request is still coming in, it is the client that took too long.
  const bool clients_fault =
      row.status == 504 && failure != Failure::kUpstreamTimeout && !request_ended_;
  Answer({.status = clients_fault ? uint16_t{408} : row.status,
          .body = row.body,
          .details = row.detail,
          .grpc_status = row.grpc_status},
         runner_.passed_filters());
}

void Stream::CancelHandler() {
  if (handler_done_) return;
  handler_done_ = true;
  if (handler_ != nullptr) handler_->Cancel();
}

void Stream::Finish() {
  if (finished_) return;
  finished_ = true;
  CancelHandler();
  DropRequest();
  info_.end = now();
  CountResponse();
  WriteAccessLogs(AccessLogType::kDownstreamEnd);
  connection_.OnStreamFinished(*this);
}
}  // namespace sluice
