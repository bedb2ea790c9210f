// What a peer sends, as nghttp2 reports it. Nothing is told to nghttp2 by return values: after a
// failure the rest of the bytes under way is looked at by nghttp2 and by nobody else.
#include <utility>

#include "source/base/check.h"
#include "source/http/http2/http2_codec.h"
#include "source/http/http2/session.h"

namespace sluice {
namespace {

// Each takes room in the stream's arena; no server has a use for more.
constexpr uint8_t kInformationalMax = 32;

End EndOf(uint8_t flags) { return (flags & NGHTTP2_FLAG_END_STREAM) != 0 ? End::kYes : End::kNo; }

}  // namespace

void Http2Codec::OnBeginFrame(const nghttp2_frame_hd& head) {
  if (failed()) return;
  DeliverData(End::kNo);
  const CodecError error = JudgeFrame(head);
  if (error != CodecError::kNone) Fail(error);
}

CodecError Http2Codec::JudgeFrame(const nghttp2_frame_hd& head) {
  switch (head.type) {
    case NGHTTP2_HEADERS:
      if (const CodecError error = JudgeHeaders(head.stream_id); error != CodecError::kNone) {
        return error;
      }
      guard_.OnHeadersFrame();
      if (head.length == 0 && EndOf(head.flags) == End::kNo) return guard_.OnEmptyFrame();
      guard_.OnFullFrame();
      return CodecError::kNone;
    case NGHTTP2_CONTINUATION: {
      const CodecError error = guard_.OnContinuation();
      if (error != CodecError::kNone) return error;
      const bool last = (head.flags & NGHTTP2_FLAG_END_HEADERS) != 0;
      if (head.length == 0 && !last) return guard_.OnEmptyFrame();
      guard_.OnFullFrame();
      return CodecError::kNone;
    }
    case NGHTTP2_RST_STREAM:
      // Of a stream that we have ended already: from now on the client has ended it, too.
      if (server() && FindStream(head.stream_id) == nullptr) {
        closed_streams_.OnEndedByClient(head.stream_id, ClosedStreams::Fate::kReset);
      }
      return CodecError::kNone;
    case NGHTTP2_PRIORITY:
      // Priorities of RFC 7540 are ignored, and nghttp2 looks no closer.
      if (head.stream_id == 0) return CodecError::kHttp2Protocol;
      return guard_.OnPriority();
    case NGHTTP2_WINDOW_UPDATE:
      return guard_.OnWindowUpdate();
    case NGHTTP2_SETTINGS:
      if ((head.flags & NGHTTP2_FLAG_ACK) != 0) return CodecError::kNone;
      return guard_.OnSettings(worker_.loop.now());
    default:
      return CodecError::kNone;
  }
}

// Of a client's stream that is over: nghttp2 remembers none, and would ignore it.
CodecError Http2Codec::JudgeHeaders(int32_t id) {
  if (!server() || FindStream(id) != nullptr) return CodecError::kNone;
  switch (closed_streams_.Find(id)) {
    case ClosedStreams::Fate::kUnknown:
      return CodecError::kNone;
    case ClosedStreams::Fate::kNeverUsed:  // RFC 9113 section 5.1.1
      return CodecError::kHttp2Protocol;
    case ClosedStreams::Fate::kEnded:  // section 5.1
      return CodecError::kHttp2StreamClosed;
    case ClosedStreams::Fate::kReset:
      SubmitReset(id, ResetCode::kStreamClosed);
      CountEarlyReset();
      return CodecError::kNone;
  }
  return CodecError::kNone;
}

// ---- Header sections.

void Http2Codec::OnBeginHeaders(const nghttp2_frame& frame) {
  if (failed() || stopped_ || frame.hd.type != NGHTTP2_HEADERS) return;
  FieldSection::Kind kind = FieldSection::Kind::kTrailers;
  if (frame.headers.cat == NGHTTP2_HCAT_REQUEST) {
    closed_streams_.OnOpened(frame.hd.stream_id);
    if (all_streams_ >= options_.concurrent_streams_max) return RefuseStream(frame.hd.stream_id);
    kind = FieldSection::Kind::kRequest;
    SpreadFairly(session_, frame.hd.stream_id);
  } else {
    const Http2Stream* const stream = FindStream(frame.hd.stream_id);
    if (stream == nullptr || stream->events_ == nullptr || stream->drop_input_) {
      return stats_.headers_cb_no_stream.Add(cells());
    }
    if (!server() && !stream->head_in_) kind = FieldSection::Kind::kResponse;
  }
  section_ = std::make_unique<FieldSection>();
  section_->Start(kind);
  section_stream_ = frame.hd.stream_id;
}

void Http2Codec::OnHeader(absl::string_view name, absl::string_view value) {
  if (section_ != nullptr) section_->Add(name, value, limits_);
}

void Http2Codec::OnHeadersReceived(int32_t id, End end) {
  if (section_ == nullptr || section_stream_ != id) return;
  const std::unique_ptr<FieldSection> section = std::move(section_);
  section_stream_ = 0;
  if (section->kind() == FieldSection::Kind::kRequest) return OnRequestHead(id, *section, end);
  Http2Stream* const stream = FindStream(id);
  if (stream == nullptr || stream->events_ == nullptr) return;
  if (section->kind() == FieldSection::Kind::kResponse) {
    OnResponseHead(*stream, *section, end);
  } else {
    OnTrailersReceived(*stream, *section, end);
  }
}

void Http2Codec::OnRequestHead(int32_t id, FieldSection& section, End end) {
  Http2BodyLength body;
  const ExtendedConnect extended =
      options_.allow_connect ? ExtendedConnect::kAllowed : ExtendedConnect::kRefused;
  const CodecError error = section.FinishRequest(extended, end, &body);
  if (error != CodecError::kNone) return RefuseRequest(id, error, end);
  Http2Stream& stream = NewStream(id, nullptr);
  stream.method_ = section.method();
  stream.body_length_ = body;
  stream.in_done_ = end == End::kYes;
  StreamEvents& events = events_->OnNewStream(stream);
  stream.events_ = &events;
  Headers& headers = events.BeginHeaders(HeadersKind::kHead);
  section.MoveTo(headers);
  events.OnHeaders(headers, end);
}

// One more than SETTINGS allows (RFC 9113 section 5.1.2). Its header section goes through HPACK,
// and no further.
void Http2Codec::RefuseStream(int32_t id) {
  stats_.stream_refused_errors.Add(cells());
  SubmitReset(id, ResetCode::kRefusedStream);
}

// The request of a stream that was never opened.
void Http2Codec::RefuseRequest(int32_t id, CodecError error, End end) {
  const bool malformed =
      error == CodecError::kHttp2InvalidHeader || error == CodecError::kHttp2Messaging;
  if (malformed && !options_.malformed_ends_stream) {
    refused_stream_ = id;
    return Fail(error);
  }
  (malformed ? stats_.rx_messaging_error : stats_.header_overflow).Add(cells());
  CountEarlyReset();
  if (failed()) return;
  if (malformed) {
    SubmitReset(id, ResetCode::kProtocolError);
    events_->OnBadRequest(nullptr, error);
    return;
  }
  Http2Stream& stream = NewStream(id, nullptr);
  stream.drop_input_ = true;
  stream.in_done_ = end == End::kYes;
  StreamEvents* const events = events_->OnBadRequest(&stream, error);
  if (!stream.open_) return;
  stream.events_ = events;
  if (events == nullptr) ResetStream(stream, ResetCode::kEnhanceYourCalm);
}

void Http2Codec::OnResponseHead(Http2Stream& stream, FieldSection& section, End end) {
  Http2BodyLength body;
  const CodecError error = section.FinishResponse(stream.method_, end, &body);
  if (error != CodecError::kNone) return RefuseMessage(stream, error);
  StreamEvents& events = *stream.events_;
  if (section.informational()) {
    if (++stream.informational_count_ > kInformationalMax) {
      return RefuseMessage(stream, CodecError::kHttp2Messaging);
    }
    Headers& headers = events.BeginHeaders(HeadersKind::kInformational);
    section.MoveTo(headers);
    return events.OnInformational(headers);
  }
  stream.head_in_ = true;
  stream.body_length_ = body;
  stream.tunnel_ = stream.method_ == Method::kConnect && section.status() / 100 == 2;
  stream.in_done_ = end == End::kYes;
  Headers& headers = events.BeginHeaders(HeadersKind::kHead);
  section.MoveTo(headers);
  events.OnHeaders(headers, end);
  if (end == End::kYes) EndIncoming(stream);
}

void Http2Codec::OnTrailersReceived(Http2Stream& stream, FieldSection& section, End end) {
  const CodecError error = section.FinishTrailers(end);
  if (error != CodecError::kNone) return RefuseMessage(stream, error);
  // RFC 9113 section 8.5: a tunnel has data and nothing else.
  if (stream.tunnel_ || (server() && stream.method_ == Method::kConnect)) {
    return RefuseMessage(stream, CodecError::kHttp2Messaging);
  }
  if (stream.body_length_.known && stream.body_bytes_ != stream.body_length_.bytes) {
    return RefuseMessage(stream, CodecError::kHttp2Messaging);
  }
  stats_.trailers.Add(cells());
  stream.in_done_ = true;
  StreamEvents& events = *stream.events_;
  Headers& trailers = events.BeginHeaders(HeadersKind::kTrailers);
  section.MoveTo(trailers);
  events.OnTrailers(trailers);
  EndIncoming(stream);
}

// ---- Bodies.

// Moves the bytes out of the input: nghttp2 has passed them and does not look back.
void Http2Codec::OnDataChunk(int32_t id, const uint8_t* bytes, size_t size) {
  nghttp2_session_consume_connection(session_, size);
  if (failed() || stopped_) return;
  Http2Stream* const stream = FindStream(id);
  if (stream == nullptr || stream->events_ == nullptr || stream->drop_input_) {
    nghttp2_session_consume_stream(session_, id, size);
    return;
  }
  stream->body_bytes_ += size;
  const bool head_first = !server() && !stream->head_in_;
  if (head_first ||
      (stream->body_length_.known && stream->body_bytes_ > stream->body_length_.bytes)) {
    return RefuseMessage(*stream, CodecError::kHttp2Messaging);
  }
  const size_t offset = reinterpret_cast<const char*>(bytes) - in_begin_;
  in_->Drain(offset - in_taken_);
  data_in_.MoveFrom(*in_, size);
  in_taken_ = offset + size;
  data_stream_ = stream;
}

void Http2Codec::DeliverData(End end) {
  Http2Stream* const stream = std::exchange(data_stream_, nullptr);
  if (stream == nullptr) return;
  const uint32_t size = static_cast<uint32_t>(data_in_.size());
  if (stream->events_ != nullptr) stream->events_->OnData(data_in_, end);
  data_in_.Clear();
  // What a paused stream was given stays in its window, and stops its peer when that is used up.
  stream->unconsumed_ += size;
  if (stream->paused_ && stream->events_ != nullptr) return;
  nghttp2_session_consume_stream(session_, stream->id_, std::exchange(stream->unconsumed_, 0));
}

void Http2Codec::OnDataReceived(const nghttp2_frame& frame) {
  const End end = EndOf(frame.hd.flags);
  if (frame.hd.length > frame.data.padlen || end == End::kYes) {
    guard_.OnFullFrame();
  } else if (const CodecError error = guard_.OnEmptyFrame(); error != CodecError::kNone) {
    return Fail(error);
  }
  Http2Stream* const stream = FindStream(frame.hd.stream_id);
  if (stream == nullptr || end == End::kNo) return DeliverData(End::kNo);
  if (stream->events_ == nullptr || stream->drop_input_) {
    stream->in_done_ = true;
    return;
  }
  if (stream->body_length_.known && stream->body_bytes_ != stream->body_length_.bytes) {
    DeliverData(End::kNo);
    if (stream->events_ != nullptr) RefuseMessage(*stream, CodecError::kHttp2Messaging);
    return;
  }
  stream->in_done_ = true;
  data_stream_ = stream;
  DeliverData(End::kYes);
  EndIncoming(*stream);
}

// The incoming message is complete. In the client's role the rest of the request has no reader then
// (RFC 9113 section 8.1); but a tunnel's other direction has.
void Http2Codec::EndIncoming(Http2Stream& stream) {
  if (stream.events_ == nullptr || (server() && !stream.out_done_)) return;
  if (!stream.out_done_) {
    if (stream.tunnel_) return;
    SubmitReset(stream.id_, ResetCode::kNoError);
  }
  Detach(stream)->OnComplete();
}

// ---- What goes wrong.

void Http2Codec::RefuseMessage(Http2Stream& stream, CodecError error) {
  const bool too_large = error == CodecError::kHttp2TooManyHeaders;
  if (!too_large && !options_.malformed_ends_stream) return Fail(error);
  (too_large ? stats_.header_overflow : stats_.rx_messaging_error).Add(cells());
  if (server() && !stream.head_out_) CountEarlyReset();
  if (failed()) return;
  SubmitReset(stream.id_, ResetCode::kProtocolError);
  message_error_ = error;
  StreamEvents* const events = Detach(stream);
  if (events != nullptr) events->OnReset(StreamReset::kProtocolError, ResetCode::kProtocolError);
  message_error_ = error_;
}

void Http2Codec::CountEarlyReset() {
  const CodecError error = guard_.OnEarlyReset(worker_.loop.now());
  if (error != CodecError::kNone) Fail(error);
}

void Http2Codec::OnInvalidFrame(const nghttp2_frame& frame, int nghttp2_error) {
  if (failed()) return;
  if (nghttp2_error == NGHTTP2_ERR_REFUSED_STREAM) {
    stats_.stream_refused_errors.Add(cells());
    return;
  }
  // Of a stream, such as a window that overflows: nghttp2 resets it. A peer that makes us reset
  // streams costs as much as one that resets them itself.
  const Http2Stream* const stream = FindStream(frame.hd.stream_id);
  if (server() && stream != nullptr && !stream->head_out_) CountEarlyReset();
}

void Http2Codec::OnResetReceived(const nghttp2_frame& frame) {
  stats_.rx_reset.Add(cells());
  Http2Stream* const stream = FindStream(frame.hd.stream_id);
  if (stream == nullptr) return;
  stream->reset_by_peer_ = true;
  if (server() && !stream->head_out_) CountEarlyReset();
}

void Http2Codec::OnPeerGoaway() { closing_ = true; }

// Those that wait to hear what the peer can do have not sent a head yet.
void Http2Codec::OnPeerSettings() {
  if (std::exchange(settings_received_, true) || server()) return;
  streams_.ForEach([](Http2Stream& stream) {
    if (stream.id_ == 0 && stream.events_ != nullptr) stream.events_->OnPeerSettings();
  });
}

void Http2Codec::OnFrameReceived(const nghttp2_frame& frame) {
  if (failed()) return;
  switch (frame.hd.type) {
    case NGHTTP2_DATA:
      return OnDataReceived(frame);
    case NGHTTP2_HEADERS:
      return OnHeadersReceived(frame.hd.stream_id, EndOf(frame.hd.flags));
    case NGHTTP2_RST_STREAM:
      return OnResetReceived(frame);
    case NGHTTP2_GOAWAY:
      return OnPeerGoaway();
    case NGHTTP2_SETTINGS:
      if ((frame.hd.flags & NGHTTP2_FLAG_ACK) == 0) OnPeerSettings();
      return;
    case NGHTTP2_PING:
      if ((frame.hd.flags & NGHTTP2_FLAG_ACK) != 0 && unanswered_pings_ > 0) --unanswered_pings_;
      return;
    default:
      return;
  }
}

}  // namespace sluice
