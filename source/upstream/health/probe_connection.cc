#include "source/upstream/health/probe_connection.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "source/http/http1/codec.h"
#include "source/http/http2/codec.h"
#include "source/upstream/health/probe_client.h"

namespace sluice {
namespace {

// How long it may take is the probe's timeout.
constexpr ConnectionLimits kLimits = {.read_chunk_bytes_max = 32_KiB, .write_chunk_bytes = 16_KiB};
// RFC 9113 section 3.2: over TLS, HTTP/2 is agreed on by ALPN.
constexpr absl::string_view kHttp2Alpn = "\x02h2";

}  // namespace

ProbeConnection::ProbeConnection(ProbeClient& client, const ProbeTarget& target, Version version,
                                 absl::string_view alpn)
    : client_(&client),
      cluster_(target.cluster),
      version_(version),
      connection_(target.main, Connection::Side::kConnecting, target.Connect(),
                  target.MakeTransport(alpn, version == Version::kHttp2 ? kHttp2Alpn : ""),
                  kLimits),
      body_(target.main.slabs) {
  connection_.Start(*this);
}

ProbeConnection::~ProbeConnection() = default;

ExchangeEvents* ProbeConnection::events() const {
  return client_ == nullptr || closing_ ? nullptr : &client_->events_;
}

bool ProbeConnection::reusable() const {
  return answer_ended_ && !spent_ && codec_ != nullptr && !codec_->must_close() &&
         codec_->available_streams() > 0;
}

// ---- The request.

void ProbeConnection::Send(const Headers& request, absl::string_view body, LeavesHttp leaves_http) {
  request_ = &request;
  leaves_http_ = leaves_http;
  body_.Clear();
  body_.Append(body);
  ++exchanges_;
  answered_ = answer_ended_ = false;
  to_start_ = true;
  if (codec_ != nullptr && !inside_codec_) StartExchange();
}

void ProbeConnection::OnConnected() {
  const absl::string_view alpn = connection_.transport().alpn();
  const bool http2 = alpn == "h2" || (version_ == Version::kHttp2 && alpn != "http/1.1");
  WorkerContext& worker = connection_.worker();
  codec_ = http2 ? MakeHttp2ClientCodec(cluster_->settings->codec_limits, cluster_->settings->http2,
                                        *cluster_->stats.http2, worker, connection_)
                 : MakeHttp1ClientCodec(cluster_->settings->codec_limits, cluster_->settings->http1,
                                        worker.slabs, connection_);
  if (to_start_) StartExchange();
}

void ProbeConnection::StartExchange() {
  to_start_ = false;
  if (spent_ || codec_->available_streams() == 0) return Fail("the host takes no request");
  answer_ = std::make_unique<Answer>();
  stream_ = &codec_->StartStream(*this);
  const bool more = !body_.empty() || leaves_http_ == LeavesHttp::kYes;
  stream_->SendHeaders(*request_, more ? End::kNo : End::kYes);
  if (!body_.empty()) stream_->BodyReady();
  connection_.WantWrite();
}

void ProbeConnection::SendBytes(absl::string_view bytes) {
  body_.Append(bytes);
  if (stream_ == nullptr) return;
  stream_->BodyReady();
  connection_.WantWrite();
}

void ProbeConnection::FillOutput(Buffer& out, size_t bytes_max) {
  if (codec_ == nullptr) return;
  inside_codec_ = true;
  codec_->Fill(out, bytes_max);
  inside_codec_ = false;
  AfterCodec();
}

BodyState ProbeConnection::FillBody(Buffer& out, size_t bytes_max) {
  out.MoveFrom(body_, std::min(body_.size(), bytes_max));
  const bool more = !body_.empty() || leaves_http_ == LeavesHttp::kYes;
  return more ? BodyState::kMore : BodyState::kEnd;
}

// ---- The answer.

void ProbeConnection::OnBytes(Buffer& in, End end) {
  if (closing_ || client_ == nullptr) return in.Clear();
  // Nobody asked for anything: a farewell, or a mistake.
  const bool idle = codec_->open_streams() == 0 && !http2();
  spent_ = spent_ || idle || end == End::kYes;
  if (idle) return in.Clear();
  inside_codec_ = true;
  const CodecError error = codec_->Parse(in, end);
  inside_codec_ = false;
  // Bytes behind an answer are no answer to anything (RFC 9112 section 9.2).
  const bool surplus = !http2() && codec_->open_streams() == 0 && !in.empty();
  spent_ = spent_ || surplus || error != CodecError::kNone;
  if (surplus) in.Clear();
  if (error != CodecError::kNone) codec_->OnConnectionLost();
  if (codec_->wants_fill()) connection_.WantWrite();
  AfterCodec();
}

void ProbeConnection::AfterCodec() {
  if (closing_) return CloseNow();
  if (to_start_) StartExchange();
}

Headers& ProbeConnection::BeginHeaders(HeadersKind kind) {
  answered_ = true;
  if (kind == HeadersKind::kHead) return answer_->head;
  if (kind == HeadersKind::kTrailers) return answer_->trailers;
  answer_->informational.Clear();
  return answer_->informational;
}

void ProbeConnection::OnHeaders(Headers& headers, End end) {
  answer_->ended = end == End::kYes;
  if (events() != nullptr) events()->OnAnswerHead(headers);
}

void ProbeConnection::OnData(Buffer& data, End end) {
  answer_->ended = end == End::kYes;
  if (events() != nullptr && !data.empty()) events()->OnAnswerBytes(data);
  data.Clear();
  if (answer_->ended && codec_->in_tunnel()) EndAnswer();
}

void ProbeConnection::OnTrailers(Headers&) { answer_->has_trailers = answer_->ended = true; }

void ProbeConnection::OnComplete() {
  stream_ = nullptr;
  EndAnswer();
}

void ProbeConnection::EndAnswer() {
  if (std::exchange(answer_ended_, true) || events() == nullptr) return;
  events()->OnAnswerEnd(answer_->has_trailers ? &answer_->trailers : nullptr);
}

void ProbeConnection::OnReset(StreamReset reset, ResetCode) {
  stream_ = nullptr;
  // RFC 9113 section 8.1: a whole answer, and the host wants no more of the request.
  if (answer_->ended) return EndAnswer();
  switch (reset) {
    case StreamReset::kProtocolError:
      return Fail(absl::StrCat("not valid HTTP: ", CodecErrorDetail(codec_->message_error())));
    case StreamReset::kConnection:
      return Fail(answered_ ? "the connection was closed inside of the answer"
                            : "the connection was closed without an answer");
    default:
      return Fail("the request was reset");
  }
}

void ProbeConnection::Fail(std::string words) {
  spent_ = true;
  if (std::exchange(answer_ended_, true) || client_ == nullptr || closing_) return;
  client_->OnFailed(std::move(words));
}

// ---- The end.

void ProbeConnection::Close() {
  closing_ = spent_ = true;
  if (!inside_codec_) CloseNow();
}

void ProbeConnection::CloseNow() {
  if (closed_ || connection_.closing()) return;
  if (codec_ == nullptr) return connection_.Close(CloseKind::kNow);
  // Of a tunnel what it was given last is to be written; a request that nobody waits for is not.
  const bool tunnel = codec_->in_tunnel();
  if (stream_ != nullptr && !tunnel) {
    stream_->Reset(ResetCode::kCancel);
    stream_ = nullptr;
  }
  if (http2()) codec_->StartDrain();  // with a GOAWAY (RFC 9113 section 6.8)
  connection_.Close(http2() || tunnel ? CloseKind::kFlushOnly : CloseKind::kNow);
}

void ProbeConnection::OnConnectionClosed(CloseCause cause) {
  closed_ = true;
  if (codec_ == nullptr) {
    Fail(ConnectFailureWords(connection_, cause));
  } else {
    codec_->OnConnectionLost();
  }
  if (client_ != nullptr) client_->OnClosed(*this);
}

}  // namespace sluice
