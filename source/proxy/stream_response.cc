// The response side of Stream: from the handler or a local reply, through the filters, to the
// codec.
#include "absl/strings/str_cat.h"
#include "source/http/message_rules.h"
#include "source/proxy/connection_manager.h"
#include "source/proxy/local_reply.h"
#include "source/proxy/stream.h"
#include "source/route/virtual_host.h"

namespace sluice {

Headers& Stream::response_trailers() {
  if (response_trailers_ == nullptr) response_trailers_ = arena().New<Headers>(arena());
  return *response_trailers_;
}

// ---- What the handler sends.

void Stream::SendInformational(Headers& headers) {
  if (handler_done_ || response_started_ || codec_stream_ == nullptr) return;
  codec_stream_->SendInformational(headers);
  connection_.WantWrite();
}

void Stream::SendHeaders(End end) {
  if (handler_done_) return;
  timers_.Touch(now());
  if (runner_.empty()) return DeliverResponseHeaders(end);
  runner_.PutHeaders(Flow::kResponse, response_headers_, end);
  PumpResponse();
}

void Stream::SendData(Buffer& data, End end) {
  if (handler_done_) return data.Clear();
  timers_.Touch(now());
  if (tunnel_ != nullptr) return PassTunnel(Tunnel::From::kServer, data, end);
  // A filter has kept the answer.
  if (upgrade_ != nullptr && !response_started_ && answers_upgrade())
    return HoldEarly(Tunnel::From::kServer, data, end);
  PassResponse(data, end);
}

void Stream::PassResponse(Buffer& data, End end) {
  response_gauge_.Add(data.size());
  if (runner_.empty()) return DeliverResponseData(data, end);
  runner_.PutData(Flow::kResponse, data, end);
  PumpResponse();
}

void Stream::SendTrailers() {
  if (handler_done_) return;
  if (runner_.empty()) return DeliverResponseTrailers();
  runner_.PutTrailers(Flow::kResponse, response_trailers());
  PumpResponse();
}

void Stream::SendReply(const Reply& reply) {
  if (!handler_done_) Answer(reply, runner_.passed_filters());
}

void Stream::Abort(absl::string_view details, ResetCode code) {
  if (finished_) return;
  // Not by the proxy: Fail has said so before.
  if (tunnel_ != nullptr) tunnel_->OnEnd(Tunnel::From::kServer);
  if (tunnel_ != nullptr && tunnel_->closing()) {
    CancelHandler();
    return TendTunnel();
  }
  reset_code_ = code;
  info_.response_code_details = details;
  timers_.ClearUpstream();
  CancelHandler();
  DropRequest();
  // What the upstream had sent is the client's: it goes out before the cut. A second reason, such
  // as a timeout, no longer waits for that.
  if (response_started_ && codec_stream_ != nullptr && !aborting_) {
    aborting_ = true;
    if (tunnel_ != nullptr) LeaveTunnelTimes();
    connection_.ExpectAbort();
    codec_stream_->BodyReady();
    return connection_.WantWrite();
  }
  EndByReset();
}

void Stream::AbortIfDrained() {
  if (!aborting_ || finished_) return;
  if (!pending_.empty()) return connection_.ExpectAbort();
  EndByReset();
}

void Stream::EndByReset() {
  config().stats.rq_tx_reset.Add(worker().stats);
  if (response_started_)
    config().stats.rq_reset_after_downstream_response_started.Add(worker().stats);
  CodecStream* const codec_stream = codec_stream_;
  codec_stream_ = nullptr;
  if (codec_stream != nullptr) codec_stream->Reset(reset_code_);
  connection_.CloseAfterReset();
  Finish();
}

// ---- A response made here.

void Stream::Answer(const Reply& reply, uint32_t behind_filter) {
  if (finished_) return;
  // A head that was sent cannot be taken back, and an answer is replaced only by a filter it goes
  // through.
  if (response_started_ || behind_filter >= answered_behind_ || codec_stream_ == nullptr)
    return Abort(reply.details, ResetCode::kInternalError);
  answered_behind_ = behind_filter;
  timers_.ClearUpstream();
  CancelHandler();
  DropRequest();
  runner_.Stop(Flow::kResponse);
  const absl::string_view body = BuildLocalReply(config().local_replies, reply, request_headers_,
                                                 info_, connection_.worker(), response_headers_);
  const bool head = request_headers_.Get(HeaderId::kMethod) == "HEAD";
  const End end = head || body.empty() ? End::kYes : End::kNo;
  Buffer data(worker().slabs);
  if (end == End::kNo) data.Append(body);
  response_gauge_.Add(data.size());
  if (runner_.empty()) {
    DeliverResponseHeaders(end);
    if (end == End::kNo) DeliverResponseData(data, End::kYes);
    return;
  }
  runner_.BeginReply(behind_filter);
  runner_.PutHeaders(Flow::kResponse, response_headers_, end);
  if (end == End::kNo) runner_.PutData(Flow::kResponse, data, End::kYes);
  PumpResponse();
}

// ---- Through the filters, to the codec.

void Stream::PumpResponse() {
  if (pumping_response_) return;
  pumping_response_ = true;
  Buffer data(worker().slabs);
  while (!finished_ && !response_ended_) {
    End end = End::kNo;
    const FilterRunner::Piece piece = runner_.Next(Flow::kResponse, data, end);
    if (piece == FilterRunner::Piece::kNothing) break;
    switch (piece) {
      case FilterRunner::Piece::kHeaders:
        DeliverResponseHeaders(end);
        break;
      case FilterRunner::Piece::kData:
        DeliverResponseData(data, end);
        break;
      case FilterRunner::Piece::kTrailers:
        DeliverResponseTrailers();
        break;
      case FilterRunner::Piece::kReply:
        Answer(*reply_, runner_.replier(Flow::kResponse));
        break;
      default:
        Fail(Failure::kFilterReset);
        break;
    }
  }
  pumping_response_ = false;
}

void Stream::DeliverResponseHeaders(End end) {
  if (codec_stream_ == nullptr) return;
  FinishResponseHead();
  response_started_ = true;
  if (upgrade_ != nullptr) answers_upgrade() ? OpenTunnel() : DropEarly(Tunnel::From::kClient);
  response_ended_ = end == End::kYes;
  if (response_ended_) timers_.ClearUpstream();
  info_.downstream_start = now();
  info_.downstream_header_bytes_sent = response_headers_.byte_size();
  codec_stream_->SendHeaders(response_headers_, end);
  connection_.WantWrite();
  if (tunnel_ == nullptr) return;
  // An answer made here may end the tunnel with its head.
  if (response_ended_) codec_stream_->BodyReady();
  DropHeads();
  PassEarly();
}

void Stream::DeliverResponseData(Buffer& data, End end) {
  pending_.MoveFrom(data);
  if (end == End::kYes) {
    response_ended_ = true;
    timers_.ClearUpstream();
  }
  if (codec_stream_ == nullptr) return;
  codec_stream_->BodyReady();
  connection_.WantWrite();
}

void Stream::DeliverResponseTrailers() {
  trailers_pending_ = true;
  response_ended_ = true;
  timers_.ClearUpstream();
  if (codec_stream_ == nullptr) return;
  codec_stream_->BodyReady();
  connection_.WantWrite();
}

// A response of which the codec has sent nothing makes room for another.
void Stream::DropResponse() {
  response_gauge_.Subtract(pending_.size());
  pending_.Clear();
  response_started_ = response_ended_ = trailers_pending_ = aborting_ = false;
  answered_behind_ = UINT32_MAX;
}

// What the proxy itself says in every response.
void Stream::FinishResponseHead() {
  uint32_t code = 0;
  for (const char digit : response_headers_.Get(HeaderId::kStatus))
    code = code * 10 + (digit - '0');
  info_.response_code = static_cast<uint16_t>(code);
  const ConnectionManagerConfig& config = this->config();
  if (config.server_header == ServerHeader::kOverwrite ||
      (config.server_header == ServerHeader::kAppendIfAbsent &&
       !response_headers_.Has(HeaderId::kServer))) {
    response_headers_.SetReference(HeaderId::kServer, config.server_name);
  }
  if (!response_headers_.Has(HeaderId::kDate)) {
    response_headers_.Add(HeaderId::kDate, connection_.worker().date_text());
  }
  // Whoever answers, once a host was asked. As in Envoy, suppress_envoy_headers does not count.
  if (info_.attempts > 0 && route_ != nullptr && route_->virtual_host->attempt_count_in_response) {
    response_headers_.Set(HeaderId::kXEnvoyAttemptCount, absl::StrCat(info_.attempts));
  }
  if (!config.forwarding.via.empty())
    response_headers_.AppendValue(HeaderId::kVia, config.forwarding.via);
  if (config.always_set_request_id_in_response && request_headers_.Has(HeaderId::kXRequestId)) {
    response_headers_.SetReference(HeaderId::kXRequestId,
                                   request_headers_.Get(HeaderId::kXRequestId));
  }
}

BodyState Stream::FillBody(Buffer& out, size_t bytes_max) {
  const size_t bytes = std::min(pending_.size(), bytes_max);
  out.MoveFrom(pending_, bytes);
  info_.response_body_bytes += bytes;
  if (bytes > 0) timers_.Touch(now());
  response_gauge_.Subtract(bytes);
  if (!pending_.empty() || !response_ended_) return BodyState::kMore;
  return trailers_pending_ && sends_trailers() ? BodyState::kTrailers : BodyState::kEnd;
}

// RFC 9110 section 6.5.1: over HTTP/1 only to who has said that it takes them; HTTP/2 has a place
// for them, and gRPC lives on it.
bool Stream::sends_trailers() const {
  return info_.protocol == HttpProtocol::kHttp2 ||
         ListsToken(request_headers_, HeaderId::kTe, "trailers");
}

// ---- Counting it.

void Stream::CountResponse() {
  const ConnectionManagerStats& stats = config().stats;
  StatCells& cells = worker().stats;
  stats.rq_active.Subtract(cells);
  stats.rq_completed.Add(cells);
  const auto elapsed =
      std::chrono::duration_cast<std::chrono::milliseconds>(info_.end - info_.start);
  stats.rq_time.Record(cells, static_cast<uint64_t>(elapsed.count()));
  switch (info_.response_code / 100) {
    case 1:
      return stats.rq_1xx.Add(cells);
    case 2:
      return stats.rq_2xx.Add(cells);
    case 3:
      return stats.rq_3xx.Add(cells);
    case 4:
      return stats.rq_4xx.Add(cells);
    case 5:
      return stats.rq_5xx.Add(cells);
    default:
      return;
  }
}

void Stream::WriteAccessLogs(AccessLogType type) {
  if (config().access_logs.empty()) return;
  const FormatContext context{.info = info_,
                              .request = &request_headers_,
                              .response = &response_headers_,
                              .response_trailers = response_trailers_,
                              .now = worker().loop.wall_now(),
                              .type = type};
  for (const auto& log : config().access_logs) {
    log->Log(worker().index, context, connection_.worker().scratch());
  }
}

}  // namespace sluice
