#include "source/proxy/attempt.h"

#include "source/http/message_rules.h"

namespace sluice {
namespace {

AttemptFailure::Kind KindOf(StreamReset reset) {
  switch (reset) {
    case StreamReset::kRefused:
      return AttemptFailure::Kind::kRefused;
    case StreamReset::kConnection:
      return AttemptFailure::Kind::kClosed;
    case StreamReset::kProtocolError:
      return AttemptFailure::Kind::kProtocolError;
    case StreamReset::kPeer:
    case StreamReset::kLocal:
      break;
  }
  return AttemptFailure::Kind::kReset;
}

}  // namespace

Attempt::Attempt(AttemptOwner& owner, ResponseSink& sink, WorkerCluster& cluster, Host& host)
    : owner_(owner),
      sink_(sink),
      worker_(sink.worker()),
      info_(sink.info()),
      cluster_(cluster),
      host_(host),
      address_(host.address()),
      pending_(worker_.slabs) {}

Attempt::~Attempt() { Cancel(); }

void Attempt::Start(RoutePriority priority, const PoolKey& key) {
  info_.upstream_host = &address_;
  cluster_.PoolOf(host_, key).Request(*this, priority);
}

void Attempt::SendData(Buffer& data, End end) {
  if (done_) {
    sink_.request_gauge().Subtract(data.size());
    return data.Clear();
  }
  pending_.MoveFrom(data);
  request_ended_ |= end == End::kYes;
  if (codec_stream_ == nullptr) return;
  codec_stream_->BodyReady();
  connection_->WantWrite();
}

void Attempt::SendTrailers(Headers& trailers) {
  request_trailers_ = &trailers;
  request_ended_ = true;
  if (codec_stream_ == nullptr) return;
  codec_stream_->BodyReady();
  connection_->WantWrite();
}

void Attempt::TakeOver(Attempt& failed) {
  pending_.MoveFrom(failed.pending_);
  request_ended_ = failed.request_ended_;
  request_trailers_ = failed.request_trailers_;
}

void Attempt::Cancel() {
  DropPending();
  if (done_) return;
  done_ = true;
  sink_.response_gauge().SetSource(nullptr);
  if (codec_stream_ != nullptr) {
    ClientConnection* const connection = connection_;
    CodecStream* const codec_stream = codec_stream_;
    Release();
    connection->ResetStream(*codec_stream, ResetCode::kCancel);
  } else {
    CancelWaiting();
  }
}

// ---- A connection, or none.

void Attempt::OnPoolReady(ClientConnection& connection) {
  connection_ = &connection;
  codec_stream_ = &connection.StartStream(*this);
  started_ = worker_.loop.now();
  info_.upstream_request_start = started_;
  info_.upstream_protocol = connection.protocol();
  info_.upstream_tls = connection.tls();
  info_.upstream_header_bytes_sent = sink_.request_headers().byte_size();
  sink_.response_gauge().SetSource(codec_stream_);
  const bool body = !request_ended_ || !pending_.empty() || request_trailers_ != nullptr;
  codec_stream_->SendHeaders(sink_.request_headers(), body ? End::kNo : End::kYes);
  if (!pending_.empty() || (body && request_ended_)) codec_stream_->BodyReady();
  connection.WantWrite();
}

void Attempt::OnPoolFailure(PoolFailure failure, absl::string_view reason) {
  done_ = true;
  info_.upstream_transport_failure_reason = sink_.arena().Copy(reason);
  DropPending();
  const bool overflow = failure == PoolFailure::kOverflow;
  owner_.OnAttemptFailed(
      {.kind = overflow ? AttemptFailure::Kind::kOverflow : AttemptFailure::Kind::kNoConnection});
}

// ---- The response comes in.

Headers& Attempt::BeginHeaders(HeadersKind kind) {
  switch (kind) {
    case HeadersKind::kHead:
      return sink_.response_headers();
    case HeadersKind::kTrailers:
      return sink_.response_trailers();
    case HeadersKind::kInformational:
      break;
  }
  if (informational_ == nullptr) informational_ = sink_.arena().New<Headers>(sink_.arena());
  informational_->Clear();
  return *informational_;
}

void Attempt::OnHeaders(Headers& headers, End end) {
  response_started_ = true;
  info_.response_start = worker_.loop.now();
  info_.upstream_header_bytes_received = headers.byte_size();
  uint32_t code = 0;
  for (const char digit : headers.Get(HeaderId::kStatus)) code = code * 10 + (digit - '0');
  CountResponse(code);
  if (headers.Has(HeaderId::kConnection) && ListsToken(headers, HeaderId::kConnection, "close"))
    stats().cx_close_notify.Add(worker_.stats);
  response_ended_ = end == End::kYes;
  if (response_ended_) info_.response_end = info_.response_start;
  owner_.OnAttemptHeaders(end);
}

void Attempt::OnInformational(Headers& headers) { owner_.OnAttemptInformational(headers); }

void Attempt::OnData(Buffer& data, End end) {
  if (end == End::kYes) {
    response_ended_ = true;
    info_.response_end = worker_.loop.now();
  }
  owner_.OnAttemptData(data, end);
}

void Attempt::OnTrailers(Headers& trailers) {
  response_ended_ = true;
  info_.response_end = worker_.loop.now();
  owner_.OnAttemptTrailers();
}

void Attempt::OnReset(StreamReset reset, ResetCode code) {
  if (done_) return;
  // RFC 9113 section 8.1: a whole answer, and the host wants no more of the request.
  if (response_ended_) return OnComplete();
  done_ = true;
  AttemptFailure failure{.kind = KindOf(reset), .code = code};
  failure.stale_connection =
      reset == StreamReset::kConnection && connection_->reused() && !response_started_;
  failure.replayable = !body_sent_;
  // An end of the connection is counted as one by the pool.
  if (reset == StreamReset::kPeer || reset == StreamReset::kRefused)
    stats().rq_rx_reset.Add(worker_.stats);
  sink_.response_gauge().SetSource(nullptr);
  connection_->CountEndedStream();
  if (reset == StreamReset::kRefused) connection_->StepBack();
  Release();
  owner_.OnAttemptFailed(failure);
}

// Both messages are complete, or the response is and no one needs the rest of the request.
void Attempt::OnComplete() {
  if (done_) return;
  done_ = true;
  stats().rq_completed.Add(worker_.stats);
  const auto elapsed =
      std::chrono::duration_cast<std::chrono::milliseconds>(worker_.loop.now() - started_);
  stats().rq_time.Record(worker_.stats, static_cast<uint64_t>(elapsed.count()));
  sink_.response_gauge().SetSource(nullptr);
  DropPending();
  Release();
}

// ---- The request goes out.

BodyState Attempt::FillBody(Buffer& out, size_t bytes_max) {
  const size_t bytes = std::min(pending_.size(), bytes_max);
  body_sent_ |= bytes > 0;
  out.MoveFrom(pending_, bytes);
  sink_.request_gauge().Subtract(bytes);
  if (!pending_.empty() || !request_ended_) return BodyState::kMore;
  info_.upstream_request_end = worker_.loop.now();
  return request_trailers_ != nullptr ? BodyState::kTrailers : BodyState::kEnd;
}

void Attempt::DropPending() {
  if (pending_.empty()) return;
  sink_.request_gauge().Subtract(pending_.size());
  pending_.Clear();
}

void Attempt::Release() {
  connection_ = nullptr;
  codec_stream_ = nullptr;
}

void Attempt::CountResponse(uint32_t code) {
  StatCells& cells = worker_.stats;
  const bool error = code >= 500;
  (error ? host_.rq_error : host_.rq_success).fetch_add(1, std::memory_order_relaxed);
  switch (code / 100) {
    case 2:
      return stats().rq_2xx.Add(cells);
    case 3:
      return stats().rq_3xx.Add(cells);
    case 4:
      return stats().rq_4xx.Add(cells);
    case 5:
      return stats().rq_5xx.Add(cells);
    default:
      return;
  }
}

}  // namespace sluice
