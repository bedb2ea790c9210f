// Http1ClientCodec: HTTP/1 in the client's role. One exchange at a time; no pipelining: what a
// server sends before it was asked, or after it has answered, ends the connection.
//
// On its connection's worker.
#pragma once

#include "source/base/buffer.h"
#include "source/http/codec.h"
#include "source/http/codec_limits.h"
#include "source/http/http1/body_reader.h"
#include "source/http/http1/body_writer.h"
#include "source/http/http1/parser.h"

namespace sluice {

class Http1ClientCodec final : public ClientCodec, private CodecStream {
 public:
  Http1ClientCodec(const CodecLimits& limits, const Http1Options& options, SlabPool& pool,
                   FlowSource& connection);
  ~Http1ClientCodec() override = default;

  CodecStream& StartStream(StreamEvents& events) override;
  CodecError Parse(Buffer& in, End end) override;
  void Fill(Buffer& out, size_t bytes_max) override;
  bool wants_fill() const override;
  HttpProtocol protocol() const override { return protocol_; }
  bool inside_head() const override { return head_bytes_seen_ != 0; }
  size_t open_streams() const override { return stream_ == nullptr ? 0 : 1; }
  size_t available_streams() const override {
    return stream_ == nullptr && !closing_ && !draining_ ? 1 : 0;
  }
  bool must_close() const override { return closing_; }
  bool in_tunnel() const override { return tunnel_; }
  bool tunnel_out_ended() const override { return tunnel_ && request_done_; }
  void StartDrain() override { draining_ = true; }
  void OnConnectionLost() override;
  CodecError error() const override { return error_; }

 private:
  enum class Reading : uint8_t {
    kIdle,
    kHead,
    kBody,     // or a tunnel's bytes
    kStopped,  // what comes is dropped
  };

  // CodecStream.
  void SendHeaders(const Headers& headers, End end) override;
  void SendInformational(const Headers& headers) override {}
  void BodyReady() override { writer_.MarkReady(); }
  void Reset(ResetCode code) override;
  void PauseReading() override;
  void ResumeReading() override;

  bool Step(Buffer& in);
  ParseStatus ReadHead(Buffer& in);
  bool TakeHead(const ResponseHead& head, absl::string_view text, Buffer& in);
  void StartTunnel();
  bool ReadBody(Buffer& in);
  CodecError OnPeerEnd(Buffer& in);
  CodecError Fail(CodecError error);
  void FinishExchange();
  StreamEvents* DropStream();
  NameCase names() const {
    return options_.proper_case_names ? NameCase::kProper : NameCase::kLower;
  }

  const CodecLimits& limits_;
  const Http1Options& options_;
  FlowSource& connection_;
  StreamEvents* stream_ = nullptr;
  Buffer out_;
  // Each connection has one of these: the fields behind both use their padding.
  [[no_unique_address]] BodyReader reader_;
  uint32_t head_bytes_seen_ = 0;
  [[no_unique_address]] BodyWriter writer_;
  Reading reading_ = Reading::kIdle;
  Method method_ = Method::kOther;
  HttpProtocol protocol_ = HttpProtocol::kHttp11;
  CodecError error_ = CodecError::kNone;
  uint8_t informational_count_ = 0;
  bool keep_alive_ : 1 = true;
  bool draining_ : 1 = false;
  bool closing_ : 1 = false;
  bool tunnel_ : 1 = false;
  bool paused_ : 1 = false;
  bool peer_ended_ : 1 = false;
  bool request_begun_ : 1 = false;  // bytes of it are out
  bool request_done_ : 1 = false;
  bool asked_upgrade_ : 1 = false;
};

}  // namespace sluice
