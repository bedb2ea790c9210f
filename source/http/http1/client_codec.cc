#include "source/http/http1/client_codec.h"

#include "source/base/check.h"
#include "source/http/http1/head_text.h"

namespace sluice {
namespace {

// Each takes room in the stream's arena; no server has a use for more.
constexpr uint8_t kInformationalMax = 32;

}  // namespace

Http1ClientCodec::Http1ClientCodec(const CodecLimits& limits, const Http1Options& options,
                                   SlabPool& pool, FlowSource& connection)
    : limits_(limits), options_(options), connection_(connection), out_(pool) {}

// ---- Requests out.

CodecStream& Http1ClientCodec::StartStream(StreamEvents& events) {
  SLUICE_DCHECK(available_streams() > 0);
  stream_ = &events;
  reading_ = Reading::kHead;
  informational_count_ = 0;
  keep_alive_ = true;
  request_begun_ = request_done_ = asked_upgrade_ = false;
  return *this;
}

void Http1ClientCodec::SendHeaders(const Headers& headers, End end) {
  method_ = FindMethod(headers.Get(HeaderId::kMethod));
  asked_upgrade_ = method_ == Method::kConnect || headers.Has(HeaderId::kUpgrade);
  // What follows are the tunnel's bytes, when there is one (RFC 9110 sections 7.8 and 9.3.6).
  if (asked_upgrade_) end = End::kYes;
  const OutgoingFraming framing = FrameRequest(headers, method_, end);
  WriteRequestHead(headers, framing, names(), out_);
  writer_.Start(framing);
  request_done_ = framing.body == OutgoingBody::kNone;
  if (ListsToken(headers, HeaderId::kConnection, "close")) keep_alive_ = false;
}

bool Http1ClientCodec::wants_fill() const {
  return !out_.empty() || (stream_ != nullptr && !request_done_ && writer_.ready());
}

void Http1ClientCodec::Fill(Buffer& out, size_t bytes_max) {
  if (!out_.empty()) {
    out.MoveFrom(out_);
    request_begun_ = true;
  }
  if (stream_ == nullptr || request_done_) return;
  const TrailerUse trailers = options_.enable_trailers ? TrailerUse::kSend : TrailerUse::kDrop;
  const BodyWriter::Result result = writer_.Pull(*stream_, trailers, names(), bytes_max, out);
  if (result == BodyWriter::Result::kEnd) request_done_ = true;
  if (tunnel_ && request_done_ && reading_ == Reading::kStopped) return FinishExchange();
  if (result != BodyWriter::Result::kBroken) return;
  StreamEvents* const stream = DropStream();
  if (stream != nullptr) stream->OnReset(StreamReset::kLocal, ResetCode::kNoError);
}

// ---- Responses in.

CodecError Http1ClientCodec::Parse(Buffer& in, End end) {
  if (end == End::kYes) peer_ended_ = true;
  while (!in.empty()) {
    if (reading_ == Reading::kStopped) {
      in.Clear();
      return CodecError::kNone;
    }
    if (reading_ == Reading::kBody && paused_) return CodecError::kNone;
    const size_t before = in.size();
    if (Step(in)) {
      if (in.size() == before) break;  // part of a trailer section
      continue;
    }
    if (error_ == CodecError::kNone) break;
    in.Clear();
    return Fail(error_);
  }
  const CodecError error = peer_ended_ ? OnPeerEnd(in) : CodecError::kNone;
  if (error != CodecError::kNone) in.Clear();
  return error;
}

// False: more must come, or error_ is set.
bool Http1ClientCodec::Step(Buffer& in) {
  if (reading_ == Reading::kBody) return ReadBody(in);
  // A response that is there before its request is out was made for another one: taking it would
  // hand one client's answer to the next.
  if (reading_ == Reading::kIdle || !request_begun_) {
    error_ = CodecError::kUnexpectedMessage;
    return false;
  }
  return ReadHead(in) == ParseStatus::kDone;
}

ParseStatus Http1ClientCodec::ReadHead(Buffer& in) {
  ResponseHead head;
  HeadText reading;
  const ParseStatus status =
      reading.Run(in, limits_.headers_bytes_max, &head_bytes_seen_, [&](absl::string_view text) {
        return ParseResponseHead(text, method_, limits_, options_, &head);
      });
  if (status == ParseStatus::kError) {
    error_ = head.error;
  } else if (status == ParseStatus::kNeedMore && reading.exceeded()) {
    error_ = CodecError::kHeadersTooLarge;
  } else if (status == ParseStatus::kDone) {
    head_bytes_seen_ = 0;
    return TakeHead(head, reading.text(), in) ? status : ParseStatus::kError;
  }
  return status;
}

// False: error_ is set.
bool Http1ClientCodec::TakeHead(const ResponseHead& head, absl::string_view text, Buffer& in) {
  const bool switching = head.status == 101;
  const bool informational = head.status < 200 && !switching;
  // RFC 9110 section 15.2.2: only to who asked for it.
  if (switching && (!asked_upgrade_ || method_ == Method::kConnect))
    error_ = CodecError::kBadStatus;
  if (informational && ++informational_count_ > kInformationalMax) {
    error_ = CodecError::kUnexpectedMessage;
  }
  if (error_ != CodecError::kNone) return false;
  Headers& headers =
      stream_->BeginHeaders(informational ? HeadersKind::kInformational : HeadersKind::kHead);
  char* const copy = CopyHeadText(text.substr(0, head.text_size), headers.arena());
  headers.AddReference(HeaderId::kStatus, {copy + (head.status_text.data() - text.data()), 3});
  AddFields(head.fields, head.framing, copy, headers);
  in.Drain(head.size);
  if (informational) {
    stream_->OnInformational(headers);
    return true;
  }
  protocol_ = head.protocol;
  if (!head.framing.keep_alive) keep_alive_ = false;
  if (asked_upgrade_ && TunnelFollows(method_, head.status)) {
    StartTunnel();
    stream_->OnHeaders(headers, End::kNo);
    return true;
  }
  if (head.framing.kind != BodyKind::kNone) {
    reader_.Start(head.framing);
    reading_ = Reading::kBody;
    stream_->OnHeaders(headers, End::kNo);
    return true;
  }
  stream_->OnHeaders(headers, End::kYes);
  FinishExchange();
  return true;
}

void Http1ClientCodec::StartTunnel() {
  tunnel_ = true;
  request_done_ = false;
  writer_.Start({.body = OutgoingBody::kUntilClose});
  reader_.Start({.kind = BodyKind::kUntilClose});
  reading_ = Reading::kBody;
}

bool Http1ClientCodec::ReadBody(Buffer& in) {
  switch (reader_.Read(in, stream_, limits_, options_, &error_)) {
    case BodyReader::Result::kMore:
      return true;
    case BodyReader::Result::kEnd:
      FinishExchange();
      return true;
    case BodyReader::Result::kError:
      return false;
  }
  return false;
}

CodecError Http1ClientCodec::OnPeerEnd(Buffer& in) {
  switch (reading_) {
    case Reading::kIdle:
      DropStream();
      return CodecError::kNone;
    case Reading::kHead:
      return Fail(CodecError::kUnexpectedEnd);
    case Reading::kBody:
      if (paused_) return CodecError::kNone;  // comes again when the reader goes on
      if (reader_.kind() != BodyKind::kUntilClose) return Fail(CodecError::kUnexpectedEnd);
      reading_ = Reading::kStopped;
      stream_->OnData(in, End::kYes);
      if (!tunnel_ || request_done_) FinishExchange();
      return CodecError::kNone;
    case Reading::kStopped:
      return CodecError::kNone;
  }
  return CodecError::kNone;
}

CodecError Http1ClientCodec::Fail(CodecError error) {
  error_ = error;
  StreamEvents* const stream = DropStream();
  if (stream != nullptr) {
    stream->OnReset(error == CodecError::kUnexpectedEnd ? StreamReset::kConnection
                                                        : StreamReset::kProtocolError,
                    ResetCode::kNoError);
  }
  return error;
}

// The response is in. If the request is not out, its rest has no reader (RFC 9112 section 9.6).
void Http1ClientCodec::FinishExchange() {
  if (stream_ == nullptr) return;  // it has reset itself while it was told
  const bool reusable = keep_alive_ && request_done_ && !tunnel_ && !peer_ended_;
  StreamEvents* const stream = DropStream();
  if (reusable) {
    closing_ = false;
    reading_ = Reading::kIdle;
  }
  stream->OnComplete();
}

// ---- Both.

void Http1ClientCodec::Reset(ResetCode code) { DropStream(); }

void Http1ClientCodec::OnConnectionLost() {
  StreamEvents* const stream = DropStream();
  if (stream != nullptr) stream->OnReset(StreamReset::kConnection, ResetCode::kNoError);
}

void Http1ClientCodec::PauseReading() {
  if (paused_) return;
  paused_ = true;
  connection_.PauseReading();
}

void Http1ClientCodec::ResumeReading() {
  if (!paused_) return;
  paused_ = false;
  connection_.ResumeReading();
}

// Ends the exchange, and with it the connection, unless the caller knows better.
StreamEvents* Http1ClientCodec::DropStream() {
  StreamEvents* const stream = stream_;
  stream_ = nullptr;
  reading_ = Reading::kStopped;
  head_bytes_seen_ = 0;
  out_.Clear();
  writer_.Stop();
  closing_ = true;
  ResumeReading();
  return stream;
}

}  // namespace sluice
