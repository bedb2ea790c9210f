// How a Stream ends: refused, reset, abandoned, failed; and Finish, through which every end goes.
#include <utility>

#include "source/proxy/connection_manager.h"
#include "source/proxy/stream.h"

namespace sluice {

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
  info_.response_code_details = CodecErrorDetail(connection_.message_error());
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
  if (tunnel_ != nullptr) tunnel_->OnEnd(Tunnel::From::kClient);
  if (tunnel_ == nullptr || !tunnel_->closing()) {
    info_.flags.Set(ResponseFlag::kDownstreamRemoteReset);
    info_.response_code_details =
        code == ResetCode::kRefusedStream ? "http2.remote_refuse" : "http2.remote_reset";
  }
  config().stats.rq_rx_reset.Add(worker().stats);
  Finish();
}

void Stream::EndWithConnection(Failure failure, absl::string_view detail) {
  if (leaving_) return;
  const FailureRow& row = RowOf(failure);
  if (row.flag != ResponseFlag::kCount) info_.flags.Set(row.flag);
  info_.response_code_details = detail.empty() ? row.detail : detail;
  CodecStream* const codec_stream = std::exchange(codec_stream_, nullptr);
  if (codec_stream != nullptr) codec_stream->Reset(ResetCode::kInternalError);
  OnConnectionLost();
}

void Stream::EndByDrain() {
  if (finished_ || leaving_ || aborting_) return;
  if (tunnel_ == nullptr || !CloseTunnel(Failure::kDrainOver)) Fail(Failure::kDrainOver);
}

void Stream::OnConnectionLost() {
  if (finished_ || leaving_) return;
  if (tunnel_ != nullptr) tunnel_->OnEnd(Tunnel::From::kClient);
  codec_stream_ = nullptr;
  // Where its malformed body, or a response that could not be completed, is the reason, the log
  // says so already.
  const bool closing = tunnel_ != nullptr && tunnel_->closing();
  if (!info_.flags.Has(ResponseFlag::kDownstreamProtocolError) && !aborting_ && !closing) {
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
  if (!tunnel_ || tunnel_passed_ || handler_done_) return Finish();
  leaving_ = true;
  request_gauge_.SetSource(nullptr);
  // A tunnel may last for ever; a host that takes nothing is not waited for so long.
  timers_.SetIdle(config().stream_idle_timeout, now());
  ArmTimer();
}

void Stream::EndTunnel() {
  tunnel_passed_ = true;
  if (leaving_) Finish();
}

void Stream::StopLeaving() {
  leaving_ = false;
  OnConnectionLost();
}

void Stream::Fail(Failure failure) {
  const FailureRow& row = RowOf(failure);
  if (row.flag != ResponseFlag::kCount) info_.flags.Set(row.flag);
  if (tunnel_ != nullptr) tunnel_->OnEndByProxy();
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
  if (tunnel_ != nullptr) {
    config().stats.cx_upgrades_active.Subtract(worker().stats);
    tunnel_->Finish();
  }
  CountResponse();
  WriteAccessLogs(AccessLogType::kDownstreamEnd);
  connection_.OnStreamFinished(*this);
}

}  // namespace sluice
