// What goes out: heads are submitted to nghttp2 at once, bodies are pulled by it when Fill runs.
#include <utility>

#include "source/base/check.h"
#include "source/http/http2/http2_codec.h"
#include "source/http/http2/outgoing_fields.h"
#include "source/http/http2/session.h"
#include "source/http/message_rules.h"

namespace sluice {

// ---- What the user of a stream commands.

void Http2Codec::SendHeaders(Http2Stream& stream, const Headers& headers, End end) {
  OutgoingFields fields;
  nghttp2_data_provider source = DataSourceOf(stream);
  nghttp2_data_provider* const body = end == End::kYes ? nullptr : &source;
  if (!server()) {
    stream.method_ = FindMethod(headers.Get(HeaderId::kMethod));
    fields.SetRequest(headers, end);
    stream.id_ =
        nghttp2_submit_request(session_, nullptr, fields.data(), fields.size(), body, &stream);
    SLUICE_CHECK(stream.id_ > 0);  // available_streams() was asked
    return;
  }
  SLUICE_DCHECK(!stream.head_out_);
  const int status = StatusOfResponse(headers);
  stream.head_out_ = true;
  stream.tunnel_ = stream.method_ == Method::kConnect && status / 100 == 2;
  stream.discard_body_ = !stream.tunnel_ && ResponseHasNoBody(stream.method_, status);
  fields.SetResponse(headers, status, stream.method_, end);
  nghttp2_submit_response(session_, stream.id_, fields.data(), fields.size(), body);
}

void Http2Codec::SendInformational(Http2Stream& stream, const Headers& headers) {
  if (!server() || stream.head_out_) return;
  OutgoingFields fields;
  fields.SetResponse(headers, StatusOfResponse(headers), stream.method_, End::kNo);
  nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, stream.id_, nullptr, fields.data(),
                         fields.size(), nullptr);
}

void Http2Codec::OnBodyReady(Http2Stream& stream) {
  stream.ready_ = true;
  if (!stream.deferred_ || dead_) return;
  stream.deferred_ = false;
  nghttp2_session_resume_data(session_, stream.id_);
}

void Http2Codec::ResetStream(Http2Stream& stream, ResetCode code) {
  if (!stream.open_) return;
  Detach(stream);
  if (stream.id_ == 0) return FreeStream(stream);
  SubmitReset(stream.id_, code);
}

void Http2Codec::SubmitReset(int32_t id, ResetCode code) {
  if (dead_) return;
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, static_cast<uint32_t>(code));
}

void Http2Codec::ResumeStream(Http2Stream& stream) {
  if (!stream.paused_) return;
  stream.paused_ = false;
  if (stream.unconsumed_ == 0 || dead_) return;
  nghttp2_session_consume_stream(session_, stream.id_, std::exchange(stream.unconsumed_, 0));
  // A connection pulls after it has been resumed: the peer is waiting for the WINDOW_UPDATE.
  connection_.PauseReading();
  connection_.ResumeReading();
}

// ---- What the connection pulls.

bool Http2Codec::wants_fill() const {
  if (!out_.empty() || goaway_due_) return true;
  return !dead_ && nghttp2_session_want_write(session_) != 0;
}

void Http2Codec::Fill(Buffer& out, size_t bytes_max) {
  fill_end_ = out.size() + bytes_max;
  out.MoveFrom(out_);
  out_frames_ = out_control_frames_ = 0;
  if (dead_) return;
  if (goaway_due_ && reply_ == nullptr) SubmitGoaway();
  fill_ = &out;
  while (out.size() < fill_end_) {
    const uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
    if (size < 0) {
      dead_ = true;
      Fail(CodecError::kHttp2Internal);
      break;
    }
    if (size == 0) break;
    out.Append({reinterpret_cast<const char*>(bytes), static_cast<size_t>(size)});
  }
  fill_ = nullptr;
  // A reply that was the last word is complete.
  if (goaway_due_ && reply_ == nullptr && !dead_) {
    SubmitGoaway();
    MakeControlFrames();
    out.MoveFrom(out_);
  }
}

void Http2Codec::MakeControlFrames() {
  const uint8_t* bytes = nullptr;
  ssize_t size;
  while ((size = nghttp2_session_mem_send(session_, &bytes)) > 0) {
    out_.Append({reinterpret_cast<const char*>(bytes), static_cast<size_t>(size)});
  }
  if (size >= 0) return CheckOutbound(0);
  dead_ = true;
  Fail(CodecError::kHttp2Internal);
}

// `queued`: frames that nghttp2 has yet to make.
void Http2Codec::CheckOutbound(size_t queued) {
  if (failed()) return;
  const CodecError error = guard_.CheckOutbound(out_frames_ + queued, out_control_frames_ + queued);
  if (error != CodecError::kNone) Fail(error);
}

ssize_t Http2Codec::PullData(Http2Stream& stream, size_t bytes_max, uint32_t* flags) {
  if (fill_ == nullptr || fill_->size() >= fill_end_) return NGHTTP2_ERR_PAUSE;
  BodyState state = BodyState::kMore;
  if (stream.events_ != nullptr && stream.ready_) {
    state = stream.events_->FillBody(data_out_, bytes_max);
    if (stream.discard_body_) DiscardBody(stream, &state);
    if (stream.events_ == nullptr) {  // it has reset itself
      data_out_.Clear();
      state = BodyState::kMore;
    }
  }
  const size_t size = data_out_.size();
  SLUICE_CHECK(size <= bytes_max);
  // Less than asked for: the source is dry until it says BodyReady.
  if (state != BodyState::kMore || size < bytes_max) stream.ready_ = false;
  if (state == BodyState::kMore && size == 0) {
    stream.deferred_ = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (state != BodyState::kMore) *flags |= NGHTTP2_DATA_FLAG_EOF;
  if (state == BodyState::kTrailers) {
    OutgoingFields fields;
    fields.SetTrailers(stream.events_->OutgoingTrailers());
    if (!fields.empty()) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      nghttp2_submit_trailer(session_, stream.id_, fields.data(), fields.size());
    }
  }
  return static_cast<ssize_t>(size);
}

// Of a response that has no body on the wire, down to its end.
void Http2Codec::DiscardBody(Http2Stream& stream, BodyState* state) {
  constexpr size_t kPieceBytes = 16_KiB;
  while (*state == BodyState::kMore && stream.events_ != nullptr && !data_out_.empty()) {
    data_out_.Clear();
    *state = stream.events_->FillBody(data_out_, kPieceBytes);
  }
  data_out_.Clear();
  if (*state == BodyState::kTrailers) *state = BodyState::kEnd;
}

void Http2Codec::AppendData(const uint8_t* frame_head) {
  constexpr size_t kFrameHeadBytes = 9;
  fill_->Append({reinterpret_cast<const char*>(frame_head), kFrameHeadBytes});
  fill_->MoveFrom(data_out_);
}

// ---- What has become of it.

void Http2Codec::OnFrameSent(const nghttp2_frame& frame) {
  if (fill_ == nullptr) {
    ++out_frames_;
    if (frame.hd.type != NGHTTP2_HEADERS) ++out_control_frames_;
  }
  switch (frame.hd.type) {
    case NGHTTP2_DATA:
      guard_.OnDataSent();
      break;
    case NGHTTP2_HEADERS:
      break;
    case NGHTTP2_RST_STREAM:
      return stats_.tx_reset.Add(cells());
    case NGHTTP2_GOAWAY:
      stats_.goaway_sent.Add(cells());
      // Of nghttp2's own accord: the peer has broken a rule that nghttp2 watches over.
      if (frame.goaway.error_code != NGHTTP2_NO_ERROR && !goaway_submitted_) {
        goaway_submitted_ = true;
        Fail(ErrorOfGoaway(frame.goaway.error_code));
        goaway_due_ = false;
      }
      return;
    default:
      return;
  }
  if ((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return;
  Http2Stream* const stream = FindStream(frame.hd.stream_id);
  if (stream != nullptr) EndOutgoing(*stream);
}

// The outgoing message is complete. In the server's role nobody reads the rest of a request that
// has been answered (RFC 9113 section 8.1).
void Http2Codec::EndOutgoing(Http2Stream& stream) {
  stream.out_done_ = true;
  if (&stream == reply_) reply_ = nullptr;
  if (stream.events_ == nullptr) return;
  if (!stream.in_done_) {
    if (!server() || stream.tunnel_) return;
    SubmitReset(stream.id_, ResetCode::kNoError);
  }
  Detach(stream)->OnComplete();
}

// A head that nghttp2 could not send: too large, or the stream is not to be started any more.
void Http2Codec::OnFrameNotSent(const nghttp2_frame& frame) {
  if (frame.hd.type != NGHTTP2_HEADERS || frame.headers.cat == NGHTTP2_HCAT_REQUEST) return;
  Http2Stream* const stream = FindStream(frame.hd.stream_id);
  if (stream == nullptr || stream->events_ == nullptr) return;
  SubmitReset(stream->id_, ResetCode::kInternalError);
  Detach(*stream)->OnReset(StreamReset::kLocal, ResetCode::kInternalError);
}

void Http2Codec::OnStreamClosed(int32_t id, uint32_t code) {
  Http2Stream* const stream = FindStream(id);
  if (stream == nullptr) return;
  if (server() && (stream->in_done_ || stream->reset_by_peer_)) {
    closed_streams_.OnEndedByClient(
        id, stream->reset_by_peer_ ? ClosedStreams::Fate::kReset : ClosedStreams::Fate::kEnded);
  }
  StreamEvents* const events = Detach(*stream);
  if (events != nullptr) {
    StreamReset reset = StreamReset::kPeer;
    if (code == NGHTTP2_REFUSED_STREAM) {
      reset = StreamReset::kRefused;
    } else if (!stream->reset_by_peer_) {
      reset = StreamReset::kProtocolError;
    }
    events->OnReset(reset, static_cast<ResetCode>(code));
  }
  nghttp2_session_set_stream_user_data(session_, id, nullptr);
  FreeStream(*stream);
}

}  // namespace sluice
