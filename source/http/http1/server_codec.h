// Http1ServerCodec: HTTP/1 in the server's role. One exchange at a time: a request is parsed when
// the exchange before it is complete.
//
// On its connection's worker. After anything that could leave the two ends at odds about where the
// next message begins no further byte is parsed, and the connection must close.
#pragma once

#include "source/base/buffer.h"
#include "source/http/codec.h"
#include "source/http/codec_limits.h"
#include "source/http/http1/body_reader.h"
#include "source/http/http1/body_writer.h"
#include "source/http/http1/parser.h"

namespace sluice {

class Http1ServerCodec final : public Codec, private CodecStream {
 public:
  Http1ServerCodec(ServerEvents& events, const CodecLimits& limits, const Http1Options& options,
                   SlabPool& pool, FlowSource& connection);
  ~Http1ServerCodec() override = default;

  CodecError Parse(Buffer& in, End end) override;
  void Fill(Buffer& out, size_t bytes_max) override;
  bool wants_fill() const override;
  HttpProtocol protocol() const override { return protocol_; }
  bool inside_head() const override { return reading_ == Reading::kHead && head_bytes_seen_ != 0; }
  size_t open_streams() const override { return stream_ == nullptr ? 0 : 1; }
  size_t available_streams() const override { return 0; }
  bool peer_is_done() const override { return peer_is_done_; }
  bool must_close() const override { return closing_; }
  bool must_abort() const override { return must_abort_; }
  bool in_tunnel() const override { return tunnel_; }
  bool tunnel_out_ended() const override { return tunnel_ && writing_ == Writing::kDone; }
  void StartDrain() override { draining_ = true; }
  void OnConnectionLost() override;
  CodecError error() const override { return error_; }
  CodecStream* StartErrorReply(StreamEvents& events) override;

 private:
  enum class Reading : uint8_t {
    kHead,
    kBody,     // or a tunnel's bytes
    kUpgrade,  // the request asks for a tunnel, whose bytes wait for the answer
    kDone,     // the request is complete, the exchange is not
    kStopped,  // what comes is dropped
  };
  enum class Writing : uint8_t {
    kNothing,
    kHead,  // in out_, but for its end
    kBody,
    kDone,
  };

  // CodecStream.
  void SendHeaders(const Headers& headers, End end) override;
  void SendInformational(const Headers& headers) override;
  void BodyReady() override { writer_.MarkReady(); }
  void Reset(ResetCode code) override;
  void PauseReading() override;
  void ResumeReading() override;

  bool SkipEmptyLine(Buffer& in);
  ParseStatus ReadHead(Buffer& in);
  void OpenStream(const RequestHead& head, absl::string_view text, Buffer& in);
  bool ReadBody(Buffer& in);
  void HoldInput();
  CodecError OnPeerEnd(Buffer& in);
  void StartTunnel();
  CodecError Fail(CodecError error);
  void PullBody(Buffer& out, size_t bytes_max);
  ConnectionField DecideConnectionField();
  // The answer to a request for a tunnel was another one, and nothing has come that would have been
  // the tunnel's. After CONNECT it may still come: clients need not wait for its answer.
  bool upgrade_refused() const {
    return reading_ == Reading::kUpgrade && !held_ && method_ != Method::kConnect;
  }
  void FinishExchange();
  StreamEvents* DropStream();
  void ReleaseConnection();
  NameCase names() const {
    return options_.proper_case_names ? NameCase::kProper : NameCase::kLower;
  }

  ServerEvents& events_;
  const CodecLimits& limits_;
  const Http1Options& options_;
  FlowSource& connection_;
  StreamEvents* stream_ = nullptr;
  Buffer out_;
  // Each connection has one of these: the fields behind both use their padding.
  [[no_unique_address]] BodyReader reader_;
  uint32_t head_bytes_seen_ = 0;
  [[no_unique_address]] BodyWriter writer_;
  Reading reading_ : 4 = Reading::kHead;
  Writing writing_ : 4 = Writing::kNothing;
  Method method_ = Method::kOther;
  HttpProtocol protocol_ = HttpProtocol::kHttp11;
  CodecError error_ = CodecError::kNone;
  bool names_upgrade_ : 1 = false;  // the answer has an Upgrade field
  bool keep_alive_ : 1 = true;
  bool draining_ : 1 = false;
  bool peer_said_close_ : 1 = false;
  bool peer_is_done_ : 1 = false;
  bool closing_ : 1 = false;
  bool must_abort_ : 1 = false;
  bool tunnel_ : 1 = false;  // 101, or 2xx to CONNECT: the exchange ends with both directions
  bool paused_ : 1 = false;  // by the stream's reader
  bool held_ : 1 = false;    // by a pipelined request, or by a tunnel's bytes that came early
  bool peer_ended_ : 1 = false;
  bool skipped_line_ : 1 = false;  // the one empty line before a request
  bool reply_begun_ : 1 =
      false;  // bytes of the response of this exchange are out, or it was an error's
};

}  // namespace sluice
