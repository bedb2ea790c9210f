// Http2Codec: HTTP/2 over nghttp2, in either role. nghttp2 keeps the protocol's state (frames,
// HPACK, windows, stream states); this keeps what a message is (RFC 9113 section 8, in
// FieldSection), what a peer may cost (FloodGuard), and the order of events.
//
// One per connection, on its worker. Input goes straight into nghttp2; bodies are moved out of the
// input buffer, never copied. Output is pulled: frames but DATA are made when something waits for
// them or when Fill asks; DATA only by Fill, one frame at a time, in turns among the streams.
//
// Holds: what nghttp2 queues (bounded by FloodGuard), one header section under way (bounded by
// CodecLimits), and the frames that Parse had to make (`out_`, bounded with the queue). Bodies wait
// in the streams' users.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "source/base/buffer.h"
#include "source/base/intrusive_list.h"
#include "source/event/worker_context.h"
#include "source/http/codec.h"
#include "source/http/codec_limits.h"
#include "source/http/http2/closed_streams.h"
#include "source/http/http2/codec.h"
#include "source/http/http2/field_section.h"
#include "source/http/http2/flood_guard.h"
#include "source/http/http2/stream.h"

namespace sluice {

class Http2Codec final : public ClientCodec {
 public:
  // `events` is null in the client's role.
  Http2Codec(ServerEvents* events, const CodecLimits& limits, const Http2Options& options,
             const Http2Stats& stats, WorkerContext& worker, FlowSource& connection);
  ~Http2Codec() override;

  CodecError Parse(Buffer& in, End end) override;
  void Fill(Buffer& out, size_t bytes_max) override;
  bool wants_fill() const override;
  HttpProtocol protocol() const override { return HttpProtocol::kHttp2; }
  bool inside_head() const override { return section_ != nullptr; }
  size_t open_streams() const override { return open_streams_; }
  size_t available_streams() const override;
  bool must_close() const override { return closing_; }
  void StartDrain() override;
  void FinishDrain() override;
  void OnConnectionLost() override;
  CodecError error() const override { return error_; }
  CodecError message_error() const override { return message_error_; }
  CodecStream* StartErrorReply(StreamEvents& events) override;
  void SendPing() override;
  uint32_t unanswered_pings() const override { return unanswered_pings_; }
  CodecStream& StartStream(StreamEvents& events) override;
  PeerSetting extended_connect() const override;

  // For its streams.
  void SendHeaders(Http2Stream& stream, const Headers& headers, End end);
  void SendInformational(Http2Stream& stream, const Headers& headers);
  void OnBodyReady(Http2Stream& stream);
  void ResetStream(Http2Stream& stream, ResetCode code);
  void ResumeStream(Http2Stream& stream);

 private:
  friend struct Http2SessionCallbacks;

  // ---- What nghttp2 reports (receive.cc).
  void OnBeginFrame(const nghttp2_frame_hd& head);
  CodecError JudgeFrame(const nghttp2_frame_hd& head);
  CodecError JudgeHeaders(int32_t id);
  void OnBeginHeaders(const nghttp2_frame& frame);
  void OnHeader(absl::string_view name, absl::string_view value);
  void OnDataChunk(int32_t id, const uint8_t* bytes, size_t size);
  void OnFrameReceived(const nghttp2_frame& frame);
  void OnInvalidFrame(const nghttp2_frame& frame, int nghttp2_error);
  void OnHeadersReceived(int32_t id, End end);
  void OnRequestHead(int32_t id, FieldSection& section, End end);
  void OnResponseHead(Http2Stream& stream, FieldSection& section, End end);
  void OnTrailersReceived(Http2Stream& stream, FieldSection& section, End end);
  void OnDataReceived(const nghttp2_frame& frame);
  void OnResetReceived(const nghttp2_frame& frame);
  void OnPeerGoaway();
  void OnPeerSettings();
  void OnPeerEnd();
  void DeliverData(End end);
  void EndIncoming(Http2Stream& stream);
  void RefuseStream(int32_t id);
  void RefuseRequest(int32_t id, CodecError error, End end);
  void RefuseMessage(Http2Stream& stream, CodecError error);
  void CountEarlyReset();

  // ---- What it is made to send (send.cc).
  ssize_t PullData(Http2Stream& stream, size_t bytes_max, uint32_t* flags);
  void DiscardBody(Http2Stream& stream, BodyState* state);
  void AppendData(const uint8_t* frame_head);
  void OnFrameSent(const nghttp2_frame& frame);
  void OnFrameNotSent(const nghttp2_frame& frame);
  void OnStreamClosed(int32_t id, uint32_t code);
  void EndOutgoing(Http2Stream& stream);
  void SubmitReset(int32_t id, ResetCode code);
  void SubmitGoaway();
  // Frames but DATA into out_, so that a GOAWAY of nghttp2's own is noticed.
  void MakeControlFrames();
  void CheckOutbound(size_t queued);

  // ---- Both.
  Http2Stream& NewStream(int32_t id, StreamEvents* events);
  Http2Stream* FindStream(int32_t id) const;
  // The user of a stream, who hears no more of it.
  StreamEvents* Detach(Http2Stream& stream);
  void FreeStream(Http2Stream& stream);
  void ResetAll(StreamReset reset, ResetCode code);
  // The end of the connection. Once.
  void Fail(CodecError error);
  const Counter* FloodCounter(CodecError error) const;
  bool failed() const { return error_ != CodecError::kNone; }
  bool server() const { return events_ != nullptr; }
  StatCells& cells() const { return worker_.stats; }

  ServerEvents* const events_;
  const CodecLimits& limits_;
  const Http2Options& options_;
  const Http2Stats& stats_;
  WorkerContext& worker_;
  FlowSource& connection_;
  nghttp2_session* session_ = nullptr;
  IntrusiveList<Http2Stream> streams_;     // all that nghttp2 knows, or will
  std::unique_ptr<FieldSection> section_;  // under way
  FloodGuard guard_;
  ClosedStreams closed_streams_;  // of clients
  Buffer out_;
  Buffer data_in_;   // of data_stream_, not yet delivered
  Buffer data_out_;  // of one DATA frame
  Http2Stream* data_stream_ = nullptr;
  Http2Stream* reply_ = nullptr;  // the last response of a connection that has failed
  Buffer* in_ = nullptr;          // inside Parse
  const char* in_begin_ = nullptr;
  size_t in_taken_ = 0;
  Buffer* fill_ = nullptr;  // inside Fill
  size_t fill_end_ = 0;
  uint32_t open_streams_ = 0;
  uint32_t all_streams_ = 0;
  uint32_t out_frames_ = 0;  // in out_
  uint32_t out_control_frames_ = 0;
  uint32_t unanswered_pings_ = 0;
  int32_t section_stream_ = 0;
  int32_t refused_stream_ = 0;  // whose request has failed the connection
  CodecError error_ = CodecError::kNone;
  CodecError message_error_ = CodecError::kNone;
  bool closing_ = false;
  bool draining_ = false;
  bool goaway_due_ = false;        // error_ is to be said
  bool goaway_submitted_ = false;  // by us
  bool stopped_ = false;           // what comes in is dropped
  bool dead_ = false;              // nghttp2 has failed, or there is no connection
  bool settings_received_ = false;
};

}  // namespace sluice
