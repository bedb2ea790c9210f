#include "source/http/http2/http2_codec.h"

#include <algorithm>
#include <utility>

#include "source/base/check.h"
#include "source/http/http2/session.h"

namespace sluice {
namespace {

ResetCode GoawayCode(CodecError error) {
  switch (error) {
    case CodecError::kHttp2FlowControl:
      return ResetCode::kFlowControlError;
    case CodecError::kHttp2StreamClosed:
      return ResetCode::kStreamClosed;
    case CodecError::kHttp2FrameSize:
      return ResetCode::kFrameSizeError;
    case CodecError::kHttp2Compression:
      return ResetCode::kCompressionError;
    case CodecError::kHttp2Internal:
      return ResetCode::kInternalError;
    case CodecError::kNone:
    case CodecError::kUnexpectedEnd:
      return ResetCode::kNoError;
    default:
      return error >= CodecError::kHttp2EmptyFrames ? ResetCode::kEnhanceYourCalm
                                                    : ResetCode::kProtocolError;
  }
}

}  // namespace

Http2Codec::Http2Codec(ServerEvents* events, const CodecLimits& limits, const Http2Options& options,
                       const Http2Stats& stats, WorkerContext& worker, FlowSource& connection)
    : events_(events),
      limits_(limits),
      options_(options),
      stats_(stats),
      worker_(worker),
      connection_(connection),
      guard_(options),
      out_(worker.slabs),
      data_in_(worker.slabs),
      data_out_(worker.slabs) {
  session_ = server() ? NewServerSession(*this, limits, options)
                      : NewClientSession(*this, limits, options);
  if (server()) out_.Append(FirstServerFrame(session_, options_));
}

Http2Codec::~Http2Codec() {
  while (!streams_.empty()) FreeStream(streams_.front());
  nghttp2_session_del(session_);
}

// ---- In.

CodecError Http2Codec::Parse(Buffer& in, End end) {
  const CodecError before = error_;
  while (!in.empty() && !failed() && !stopped_) {
    const absl::string_view piece = in.Front();
    in_ = &in;
    in_begin_ = piece.data();
    in_taken_ = 0;
    const ssize_t used = nghttp2_session_mem_recv(
        session_, reinterpret_cast<const uint8_t*>(piece.data()), piece.size());
    in_ = nullptr;
    DeliverData(End::kNo);
    if (used < 0) {
      const CodecError error = ErrorOfSession(static_cast<int>(used));
      dead_ = error == CodecError::kHttp2Internal;
      Fail(error);
      break;
    }
    in.Drain(static_cast<size_t>(used) - in_taken_);
    const size_t queued = nghttp2_session_get_outbound_queue_size(session_);
    if (queued == 0) continue;
    CheckOutbound(queued);
    if (!failed()) MakeControlFrames();
  }
  if (failed() || stopped_) in.Clear();
  if (end == End::kYes) OnPeerEnd();
  return error_ == before ? CodecError::kNone : error_;
}

void Http2Codec::OnPeerEnd() {
  closing_ = true;
  if (open_streams_ > 0 && !failed()) {
    error_ = CodecError::kUnexpectedEnd;
    ResetAll(StreamReset::kConnection, ResetCode::kNoError);
  }
  stopped_ = true;
}

// ---- Streams.

CodecStream& Http2Codec::StartStream(StreamEvents& events) {
  SLUICE_DCHECK(available_streams() > 0);
  guard_.OnStreamOpened();
  return NewStream(0, &events);
}

size_t Http2Codec::available_streams() const {
  if (server() || failed() || closing_ || draining_ || dead_) return 0;
  if (nghttp2_session_get_next_stream_id(session_) > INT32_MAX) return 0;
  // nghttp2 says 100 until the peer has spoken.
  const size_t most = std::min<size_t>(
      options_.concurrent_streams_max,
      nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS));
  return most > all_streams_ ? most - all_streams_ : 0;
}

PeerSetting Http2Codec::extended_connect() const {
  if (!settings_received_) return PeerSetting::kUnknown;
  return nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL) ==
                 1
             ? PeerSetting::kYes
             : PeerSetting::kNo;
}

Http2Stream& Http2Codec::NewStream(int32_t id, StreamEvents* events) {
  Http2Stream* const stream = new Http2Stream(*this, id, events);
  streams_.PushBack(*stream);
  ++all_streams_;
  ++open_streams_;
  stats_.streams_active.Add(cells());
  if (id != 0) {
    nghttp2_session_set_stream_user_data(session_, id, stream);
    guard_.OnStreamOpened();
  }
  return *stream;
}

Http2Stream* Http2Codec::FindStream(int32_t id) const {
  return static_cast<Http2Stream*>(nghttp2_session_get_stream_user_data(session_, id));
}

StreamEvents* Http2Codec::Detach(Http2Stream& stream) {
  if (!stream.open_) return nullptr;
  stream.open_ = false;
  --open_streams_;
  stats_.streams_active.Subtract(cells());
  return std::exchange(stream.events_, nullptr);
}

void Http2Codec::FreeStream(Http2Stream& stream) {
  Detach(stream);
  if (data_stream_ == &stream) {
    data_stream_ = nullptr;
    data_in_.Clear();
  }
  if (reply_ == &stream) reply_ = nullptr;
  --all_streams_;
  stream.Unlink();
  delete &stream;
}

void Http2Codec::ResetAll(StreamReset reset, ResetCode code) {
  // Events may reset other streams, and free none: nghttp2 is not asked for frames meanwhile.
  streams_.ForEach([&](Http2Stream& stream) {
    if (&stream == reply_) return;
    StreamEvents* const events = Detach(stream);
    if (events != nullptr) events->OnReset(reset, code);
  });
}

// ---- The end.

const Counter* Http2Codec::FloodCounter(CodecError error) const {
  switch (error) {
    case CodecError::kHttp2EmptyFrames:
      return &stats_.inbound_empty_frames_flood;
    case CodecError::kHttp2PriorityFrames:
      return &stats_.inbound_priority_frames_flood;
    case CodecError::kHttp2WindowUpdates:
      return &stats_.inbound_window_update_frames_flood;
    case CodecError::kHttp2SettingsFrames:
      return &stats_.inbound_settings_flood;
    case CodecError::kHttp2EarlyResets:
      return &stats_.inbound_resets_flood;
    case CodecError::kHttp2Continuations:
      return &stats_.inbound_continuation_flood;
    case CodecError::kHttp2OutboundFrames:
      return &stats_.outbound_flood;
    case CodecError::kHttp2OutboundControlFrames:
      return &stats_.outbound_control_flood;
    default:
      return nullptr;
  }
}

void Http2Codec::Fail(CodecError error) {
  if (failed()) return;
  const Counter* const flood = FloodCounter(error);
  if (flood != nullptr) flood->Add(cells());
  if (error == CodecError::kHttp2Messaging || error == CodecError::kHttp2InvalidHeader) {
    stats_.rx_messaging_error.Add(cells());
  }
  error_ = error;
  closing_ = true;
  goaway_due_ = !dead_;
  section_ = nullptr;
  ResetAll(StreamReset::kProtocolError, GoawayCode(error));
}

void Http2Codec::SubmitGoaway() {
  goaway_due_ = false;
  goaway_submitted_ = true;
  stopped_ = true;
  nghttp2_session_terminate_session(session_, static_cast<uint32_t>(GoawayCode(error_)));
}

void Http2Codec::OnConnectionLost() {
  closing_ = stopped_ = dead_ = true;
  goaway_due_ = false;
  reply_ = nullptr;
  out_.Clear();
  ResetAll(StreamReset::kConnection, ResetCode::kNoError);
}

CodecStream* Http2Codec::StartErrorReply(StreamEvents& events) {
  const int32_t id = failed() ? refused_stream_ : section_stream_;
  if (dead_ || id == 0 || reply_ != nullptr || FindStream(id) != nullptr) return nullptr;
  // What is left of a header section cannot be skipped, so the connection ends with the reply.
  section_ = nullptr;
  section_stream_ = refused_stream_ = 0;
  closing_ = stopped_ = goaway_due_ = true;
  reply_ = &NewStream(id, &events);
  reply_->drop_input_ = reply_->in_done_ = true;
  return reply_;
}

void Http2Codec::StartDrain() {
  if (draining_ || dead_) return;
  draining_ = true;
  if (server()) {
    nghttp2_submit_shutdown_notice(session_);
  } else {
    closing_ = true;
  }
}

void Http2Codec::FinishDrain() {
  StartDrain();
  if (closing_ || dead_) return;
  closing_ = true;
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(session_), NGHTTP2_NO_ERROR,
                        nullptr, 0);
}

void Http2Codec::SendPing() {
  if (dead_ || failed()) return;
  ++unanswered_pings_;
  nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
}

}  // namespace sluice
