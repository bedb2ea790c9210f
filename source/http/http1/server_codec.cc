#include "source/http/http1/server_codec.h"

#include <cstring>

#include "source/base/check.h"
#include "source/http/http1/head_text.h"
#include "source/http/upgrade.h"

namespace sluice {

Http1ServerCodec::Http1ServerCodec(ServerEvents& events, const CodecLimits& limits,
                                   const Http1Options& options, SlabPool& pool,
                                   FlowSource& connection)
    : events_(events), limits_(limits), options_(options), connection_(connection), out_(pool) {}

// ---- Requests in.

CodecError Http1ServerCodec::Parse(Buffer& in, End end) {
  if (end == End::kYes) peer_ended_ = true;
  while (!in.empty()) {
    if (reading_ == Reading::kHead) {
      const ParseStatus status = ReadHead(in);
      if (status == ParseStatus::kError) {
        in.Clear();
        return Fail(error_);
      }
      if (status == ParseStatus::kNeedMore) break;
    } else if (reading_ == Reading::kBody) {
      if (paused_) return CodecError::kNone;
      const size_t before = in.size();
      if (!ReadBody(in)) {
        in.Clear();
        return Fail(error_);
      }
      if (in.size() == before) break;  // part of a trailer section
    } else if (reading_ == Reading::kDone || reading_ == Reading::kUpgrade) {
      HoldInput();
      return CodecError::kNone;
    } else {
      in.Clear();
      return CodecError::kNone;
    }
  }
  const CodecError error = peer_ended_ ? OnPeerEnd(in) : CodecError::kNone;
  if (error != CodecError::kNone) in.Clear();
  return error;
}

// RFC 9112 section 2.2: an empty line before a request is to be ignored; one, as old clients send
// it after a body. False: more must come before it is known.
bool Http1ServerCodec::SkipEmptyLine(Buffer& in) {
  if (skipped_line_ || in.Front()[0] != '\r') return true;
  if (in.size() < 2) return false;
  char line[2];
  in.CopyOut(0, 2, line);
  if (line[1] != '\n') return true;
  in.Drain(2);
  skipped_line_ = true;
  head_bytes_seen_ = 0;
  return !in.empty();
}

ParseStatus Http1ServerCodec::ReadHead(Buffer& in) {
  if (!SkipEmptyLine(in)) return ParseStatus::kNeedMore;
  RequestHead head;
  HeadText reading;
  const ParseStatus status = reading.Run(
      in, limits_.headers_bytes_max, &head_bytes_seen_,
      [&](absl::string_view text) { return ParseRequestHead(text, limits_, options_, &head); });
  if (status == ParseStatus::kDone) {
    OpenStream(head, reading.text(), in);
    if (error_ != CodecError::kNone) return ParseStatus::kError;
  } else if (status == ParseStatus::kError) {
    error_ = head.error;
  } else if (reading.exceeded()) {
    error_ = CodecError::kHeadersTooLarge;
    return ParseStatus::kError;
  }
  return status;
}

void Http1ServerCodec::OpenStream(const RequestHead& head, absl::string_view text, Buffer& in) {
  method_ = head.method;
  protocol_ = head.protocol;
  keep_alive_ = head.framing.keep_alive;
  peer_said_close_ = !keep_alive_;
  head_bytes_seen_ = 0;
  skipped_line_ = false;
  reply_begun_ = false;
  stream_ = &events_.OnNewStream(*this);
  Headers& headers = stream_->BeginHeaders(HeadersKind::kHead);
  Arena& arena = headers.arena();
  char* const copy = CopyHeadText(text.substr(0, head.text_size), arena);
  const auto copied = [&](absl::string_view view) -> absl::string_view {
    // A default host, "*" and the like are not of the text, but outlive the stream.
    if (view.data() < text.data() || view.data() >= text.data() + text.size()) return view;
    return {copy + (view.data() - text.data()), view.size()};
  };
  headers.AddReference(HeaderId::kMethod, copied(head.method_text));
  if (head.target.needs_slash) {
    char* const path = static_cast<char*>(arena.Allocate(head.target.path.size() + 1, 1));
    path[0] = '/';
    if (!head.target.path.empty()) {
      std::memcpy(path + 1, head.target.path.data(), head.target.path.size());
    }
    headers.AddReference(HeaderId::kPath, {path, head.target.path.size() + 1});
  } else if (!head.target.path.empty()) {
    headers.AddReference(HeaderId::kPath, copied(head.target.path));
  }
  headers.AddReference(HeaderId::kAuthority, copied(head.authority));
  if (!head.target.scheme.empty()) headers.AddReference(HeaderId::kScheme, head.target.scheme);
  AddFields(head.fields, head.framing, copy, headers);
  in.Drain(head.size);
  reader_.Start(head.framing);
  const bool has_body = head.framing.kind != BodyKind::kNone;
  const bool may_leave = head.method == Method::kConnect || headers.Has(HeaderId::kUpgrade);
  const bool upgrade = may_leave && FindUpgrade(headers, protocol_).form != UpgradeForm::kNone;
  if (upgrade && has_body) {
    // Where the body ends and the tunnel begins is for two parsers to differ about.
    error_ = CodecError::kBodyDisallowed;
    return;
  }
  reading_ = upgrade ? Reading::kUpgrade : has_body ? Reading::kBody : Reading::kDone;
  stream_->OnHeaders(headers, upgrade || has_body ? End::kNo : End::kYes);
}

// False: error_ says why.
bool Http1ServerCodec::ReadBody(Buffer& in) {
  switch (reader_.Read(in, stream_, limits_, options_, &error_)) {
    case BodyReader::Result::kMore:
      break;
    case BodyReader::Result::kEnd:
      // Not where the stream has reset itself meanwhile.
      if (reading_ == Reading::kBody) reading_ = Reading::kDone;
      break;
    case BodyReader::Result::kError:
      return false;
  }
  return true;
}

void Http1ServerCodec::HoldInput() {
  if (held_) return;
  held_ = true;
  connection_.PauseReading();
}

CodecError Http1ServerCodec::OnPeerEnd(Buffer& in) {
  switch (reading_) {
    case Reading::kHead:
      if (head_bytes_seen_ != 0) return Fail(CodecError::kUnexpectedEnd);
      reading_ = Reading::kStopped;
      closing_ = true;
      return CodecError::kNone;
    case Reading::kBody:
      if (!tunnel_) return Fail(CodecError::kUnexpectedEnd);
      if (paused_) return CodecError::kNone;  // comes again when the reader goes on
      reading_ = Reading::kDone;
      stream_->OnData(in, End::kYes);
      if (stream_ != nullptr && writing_ == Writing::kDone) FinishExchange();
      return CodecError::kNone;
    case Reading::kUpgrade:
    case Reading::kDone:
    case Reading::kStopped:
      return CodecError::kNone;
  }
  return CodecError::kNone;
}

CodecError Http1ServerCodec::Fail(CodecError error) {
  error_ = error;
  // A response of which nothing went out yet makes room for the one that reports the error.
  if (writing_ == Writing::kHead) out_.Clear();
  StreamEvents* const stream = DropStream();
  if (stream != nullptr) {
    stream->OnReset(error == CodecError::kUnexpectedEnd ? StreamReset::kConnection
                                                        : StreamReset::kProtocolError,
                    ResetCode::kNoError);
  }
  return error;
}

CodecStream* Http1ServerCodec::StartErrorReply(StreamEvents& events) {
  if (stream_ != nullptr || reply_begun_ || tunnel_ || peer_ended_) return nullptr;
  DropStream();
  stream_ = &events;
  method_ = Method::kOther;
  keep_alive_ = false;
  reply_begun_ = true;
  return this;
}

// ---- Responses out.

void Http1ServerCodec::SendHeaders(const Headers& headers, End end) {
  SLUICE_DCHECK(writing_ == Writing::kNothing);
  const int status = StatusOf(headers);
  OutgoingFraming framing = FrameResponse(headers, status, method_, protocol_, end);
  if (reading_ == Reading::kUpgrade && TunnelFollows(method_, status)) {
    framing = {.body = OutgoingBody::kUntilClose};
    StartTunnel();
  }
  WriteResponseHead(headers, status, framing, names(), out_);
  names_upgrade_ = headers.Has(HeaderId::kUpgrade);
  writer_.Start(framing);
  writing_ = Writing::kHead;
  if (framing.body == OutgoingBody::kUntilClose ||
      ListsToken(headers, HeaderId::kConnection, "close")) {
    keep_alive_ = false;
  }
}

void Http1ServerCodec::StartTunnel() {
  tunnel_ = true;
  reading_ = Reading::kBody;
  reader_.Start({.kind = BodyKind::kUntilClose});
  if (!held_) return;
  held_ = false;
  connection_.ResumeReading();
}

void Http1ServerCodec::SendInformational(const Headers& headers) {
  // RFC 9110 section 15.2: never to HTTP/1.0.
  if (writing_ != Writing::kNothing || protocol_ == HttpProtocol::kHttp10) return;
  WriteInformationalHead(headers, names(), out_);
}

bool Http1ServerCodec::wants_fill() const {
  if (!out_.empty()) return true;
  return writing_ == Writing::kBody && writer_.ready();
}

void Http1ServerCodec::Fill(Buffer& out, size_t bytes_max) {
  if (writing_ == Writing::kHead) {
    // The body first: if it ends here and now, and the request has not, the head has to say
    // "close".
    Buffer body(out.pool());
    PullBody(body, bytes_max);
    if (stream_ == nullptr) return;
    FinishResponseHead(DecideConnectionField(),
                       names_upgrade_ ? UpgradeListed::kYes : UpgradeListed::kNo, names(), out_);
    out.MoveFrom(out_);
    out.MoveFrom(body);
    reply_begun_ = true;
    if (writing_ == Writing::kHead) writing_ = Writing::kBody;
  } else {
    out.MoveFrom(out_);
    if (writing_ == Writing::kBody) PullBody(out, bytes_max);
  }
  const bool tunnel_goes_on = tunnel_ && reading_ == Reading::kBody;
  if (writing_ == Writing::kDone && !tunnel_goes_on) FinishExchange();
}

void Http1ServerCodec::PullBody(Buffer& out, size_t bytes_max) {
  if (writer_.kind() == OutgoingBody::kNone) {
    writing_ = Writing::kDone;
    return;
  }
  const TrailerUse trailers = options_.enable_trailers ? TrailerUse::kSend : TrailerUse::kDrop;
  switch (writer_.Pull(*stream_, trailers, names(), bytes_max, out)) {
    case BodyWriter::Result::kMore:
      return;
    case BodyWriter::Result::kEnd:
      if (stream_ != nullptr) writing_ = Writing::kDone;
      return;
    case BodyWriter::Result::kBroken: {
      // The client sees a message cut short.
      out_.Clear();
      StreamEvents* const stream = DropStream();
      if (stream != nullptr) stream->OnReset(StreamReset::kLocal, ResetCode::kNoError);
      return;
    }
  }
}

ConnectionField Http1ServerCodec::DecideConnectionField() {
  if (tunnel_) return ConnectionField::kNothing;
  const bool early = writing_ == Writing::kDone && reading_ != Reading::kDone;
  if (draining_ || (early && !upgrade_refused())) keep_alive_ = false;
  if (!keep_alive_) return ConnectionField::kClose;
  // RFC 9112 section 9.3: an HTTP/1.0 client has to be told.
  return protocol_ == HttpProtocol::kHttp10 ? ConnectionField::kKeepAlive
                                            : ConnectionField::kNothing;
}

// The response is out. If the request is not in, nobody will read its rest (RFC 9112 section 9.6).
void Http1ServerCodec::FinishExchange() {
  const bool complete = reading_ == Reading::kDone || upgrade_refused();
  const bool reusable = keep_alive_ && !tunnel_ && complete;
  const bool ended = peer_ended_ && !held_;
  peer_is_done_ = peer_said_close_ && !tunnel_ && !held_ && complete;
  StreamEvents* const stream = DropStream();
  if (reusable && !ended) {
    closing_ = false;
    reading_ = Reading::kHead;
  }
  stream->OnComplete();
}

// ---- Both.

void Http1ServerCodec::Reset(ResetCode code) {
  must_abort_ =
      reply_begun_ && writer_.kind() == OutgoingBody::kUntilClose && writing_ != Writing::kDone;
  out_.Clear();
  DropStream();
}

void Http1ServerCodec::OnConnectionLost() {
  StreamEvents* const stream = DropStream();
  if (stream != nullptr) stream->OnReset(StreamReset::kConnection, ResetCode::kNoError);
}

void Http1ServerCodec::PauseReading() {
  if (paused_) return;
  paused_ = true;
  connection_.PauseReading();
}

void Http1ServerCodec::ResumeReading() {
  if (!paused_) return;
  paused_ = false;
  connection_.ResumeReading();
}

// Ends the exchange, and with it the connection, unless the caller knows better.
StreamEvents* Http1ServerCodec::DropStream() {
  StreamEvents* const stream = stream_;
  stream_ = nullptr;
  reading_ = Reading::kStopped;
  writing_ = Writing::kNothing;
  head_bytes_seen_ = 0;
  writer_.Stop();
  closing_ = true;
  ReleaseConnection();
  return stream;
}

void Http1ServerCodec::ReleaseConnection() {
  ResumeReading();
  if (!held_) return;
  held_ = false;
  connection_.ResumeReading();
}

}  // namespace sluice
