// Frames that are malformed, out of order or of the wrong stream: the right GOAWAY or RST_STREAM
// (RFC 9113 sections 4, 5 and 6), and a reason.
#include "test/http/http2/codec_fixture.h"

namespace sluice {
namespace {

class Http2Frames : public Http2CodecFixture {
 protected:
  // On a server with stream 1 open and stream 3 half-closed by its client.
  void ExpectGoaway(const std::string& bytes, CodecError error, const std::string& code,
                    uint32_t last_stream = 3) {
    Http2Rig rig;
    rig.StartServer();
    rig.Receive(H2HeadersFrame(1, H2Get("/a")) + H2HeadersFrame(3, H2Get("/b"), kH2EndStream));
    rig.TakeEvents();
    EXPECT_EQ(rig.Receive(bytes), error) << absl::CHexEscape(bytes);
    EXPECT_EQ(rig.TakeEvents(), absl::StrCat("0 reset protocol error ", code,
                                             "\n1 reset protocol error ", code, "\n"));
    EXPECT_EQ(rig.Sent(), absl::StrCat("GOAWAY ", last_stream, " ", code, "\n"))
        << absl::CHexEscape(bytes);
    EXPECT_EQ(rig.codec_->error(), error);
    EXPECT_TRUE(rig.codec_->must_close());
    EXPECT_EQ(rig.codec_->open_streams(), 0u);
    EXPECT_EQ(rig.Stat("goaway_sent"), 1u);
    // What follows is dropped, and says nothing.
    EXPECT_EQ(rig.Receive(H2HeadersFrame(5, H2Get("/c"))), CodecError::kNone);
    EXPECT_EQ(rig.TakeEvents(), "");
    EXPECT_FALSE(rig.codec_->wants_fill());
  }
  void ExpectProtocolError(const std::string& bytes) {
    ExpectGoaway(bytes, CodecError::kHttp2Protocol, "PROTOCOL_ERROR");
  }
  void ExpectSizeError(const std::string& bytes) {
    ExpectGoaway(bytes, CodecError::kHttp2FrameSize, "FRAME_SIZE_ERROR");
  }
  void ExpectStreamClosed(const std::string& bytes) {
    ExpectGoaway(bytes, CodecError::kHttp2StreamClosed, "STREAM_CLOSED");
  }
  void ExpectFlowControlError(const std::string& bytes) {
    ExpectGoaway(bytes, CodecError::kHttp2FlowControl, "FLOW_CONTROL_ERROR");
  }
  static std::string Frame(H2Type type, uint8_t flags, uint32_t stream, absl::string_view payload) {
    return H2FrameBytes(type, flags, stream, payload);
  }
};

TEST_F(Http2Frames, Preface) {
  MakeServer();
  Wire();
  EXPECT_EQ(Receive("GET / HTTP/1.1\r\n\r\n"), CodecError::kHttp2Protocol);
  EXPECT_EQ(Sent(), "GOAWAY 0 PROTOCOL_ERROR\n");
  EXPECT_TRUE(codec_->must_close());
}

TEST_F(Http2Frames, SettingsComeFirst) {
  MakeServer();
  Wire();
  EXPECT_EQ(Receive(absl::StrCat(kH2Preface, H2PingFrame("12345678"))), CodecError::kHttp2Protocol);
  EXPECT_EQ(Sent(), "GOAWAY 0 PROTOCOL_ERROR\n");
}

TEST_F(Http2Frames, TooLarge) {
  ExpectSizeError(H2DataFrame(1, std::string(16385, 'x')));
  ExpectSizeError(Frame(H2Type::kHeaders, 0, 5, std::string(16385, 'x')));
}

TEST_F(Http2Frames, Data) {
  ExpectProtocolError(H2DataFrame(0, "x"));
  ExpectProtocolError(H2DataFrame(5, "x"));  // idle
  ExpectProtocolError(H2DataFrame(2, "x"));
  ExpectStreamClosed(H2DataFrame(3, "x"));
  ExpectProtocolError(Frame(H2Type::kData, kH2Padded, 1,
                            "\x05"
                            "abc"));
  ExpectProtocolError(Frame(H2Type::kData, kH2Padded, 1, ""));
}

TEST_F(Http2Frames, Headers) {
  const std::string block = HpackLiterals(H2Get("/"));
  ExpectProtocolError(Frame(H2Type::kHeaders, kH2EndHeaders, 0, block));
  ExpectProtocolError(Frame(H2Type::kHeaders, kH2EndHeaders, 2, block));
  ExpectStreamClosed(Frame(H2Type::kHeaders, kH2EndHeaders, 3, block));
  ExpectProtocolError(Frame(H2Type::kHeaders, kH2EndHeaders | kH2Padded, 5,
                            "\xff"
                            "abc"));
  ExpectSizeError(Frame(H2Type::kHeaders, kH2EndHeaders | kH2PriorityFlag, 5, "abc"));
  // RFC 7540 section 5.3.1: a stream that depends on itself.
  ExpectProtocolError(Frame(H2Type::kHeaders, kH2EndHeaders | kH2PriorityFlag, 5,
                            absl::StrCat(H2Uint32(5), "\x10", block)));
}

TEST_F(Http2Frames, HeadersOfAnOlderStream) {
  StartServer();
  Receive(H2HeadersFrame(5, H2Get("/"), kH2EndStream));
  stream(0).Answer("200");
  Sent();
  // It was never used, and cannot be any more (RFC 9113 section 5.1.1).
  EXPECT_EQ(Receive(H2HeadersFrame(3, H2Get("/"), kH2EndStream)), CodecError::kHttp2Protocol);
  EXPECT_EQ(Sent(), "GOAWAY 5 PROTOCOL_ERROR\n");
}

TEST_F(Http2Frames, HeadersOfAStreamThatItsClientHasEnded) {
  StartServer();
  Receive(H2HeadersFrame(1, H2Get("/"), kH2EndStream));
  stream(0).Answer("200");
  Sent();
  EXPECT_EQ(Receive(H2HeadersFrame(1, H2Get("/"), kH2EndStream)), CodecError::kHttp2StreamClosed);
  EXPECT_EQ(Sent(), "GOAWAY 1 STREAM_CLOSED\n");
}

TEST_F(Http2Frames, HeadersOfAStreamThatItsClientHasReset) {
  StartServer();
  Receive(H2HeadersFrame(1, H2Get("/")) + H2HeadersFrame(3, H2Get("/")) + H2RstStreamFrame(1, 8));
  TakeEvents();
  EXPECT_EQ(Receive(H2HeadersFrame(1, H2Get("/"), kH2EndStream)), CodecError::kNone);
  EXPECT_EQ(Sent(), "RST_STREAM 1 STREAM_CLOSED\n");
  EXPECT_EQ(TakeEvents(), "");
  EXPECT_EQ(codec_->open_streams(), 1u);
}

// Those were under way when we reset the stream: their sender is right.
TEST_F(Http2Frames, HeadersOfAStreamThatWeHaveReset) {
  StartServer();
  Receive(H2HeadersFrame(1, H2Get("/")));
  stream(0).stream_->Reset(ResetCode::kInternalError);
  EXPECT_EQ(Sent(), "RST_STREAM 1 INTERNAL_ERROR\n");
  EXPECT_EQ(Receive(H2HeadersFrame(1, {{"a", "b"}}, kH2EndStream)), CodecError::kNone);
  EXPECT_EQ(Sent(), "");
  // But not after a RST_STREAM of its own.
  Receive(H2RstStreamFrame(1, 8));
  EXPECT_EQ(Receive(H2HeadersFrame(1, {{"a", "b"}}, kH2EndStream)), CodecError::kNone);
  EXPECT_EQ(Sent(), "RST_STREAM 1 STREAM_CLOSED\n");
}

// RFC 9113 section 5.1 allows to drop DATA of closed streams, and nghttp2 does so unasked.
TEST_F(Http2Frames, DataOfAStreamThatIsOver) {
  StartServer();
  Receive(H2HeadersFrame(1, H2Get("/"), kH2EndStream));
  stream(0).Answer("200");
  Sent();
  EXPECT_EQ(Receive(H2DataFrame(1, "x", kH2EndStream)), CodecError::kNone);
  EXPECT_EQ(Sent(), "");
}

TEST_F(Http2Frames, Hpack) {
  const auto bad = [](absl::string_view block) {
    return H2FrameBytes(H2Type::kHeaders, kH2EndHeaders, 5, block);
  };
  for (const std::string& block :
       {std::string("\x80"), std::string("\xff\xff\xff\xff\xff"), std::string("\x40\x81"),
        HpackIndex(100), std::string("\x3f\xe2\x1f"),
        std::string("\x00\x85\xff\xff\xff\xff\xff", 7)}) {
    ExpectGoaway(bad(block), CodecError::kHttp2Compression, "COMPRESSION_ERROR", 5);
  }
}

TEST_F(Http2Frames, Continuation) {
  const std::string block = HpackLiterals(H2Get("/"));
  const std::string begun = Frame(H2Type::kHeaders, 0, 5, block.substr(0, 10));
  ExpectProtocolError(Frame(H2Type::kContinuation, kH2EndHeaders, 1, block));
  // last_stream of the GOAWAY is 5 from here on.
  for (const std::string& next :
       {H2DataFrame(1, "x"), H2PingFrame("12345678"), Frame(H2Type::kContinuation, 4, 7, "x"),
        H2HeadersFrame(7, H2Get("/"))}) {
    Http2Rig rig;
    rig.StartServer();
    EXPECT_EQ(rig.Receive(begun + next), CodecError::kHttp2Protocol);
    EXPECT_EQ(rig.Sent(), "GOAWAY 5 PROTOCOL_ERROR\n");
    EXPECT_EQ(rig.TakeEvents(), "");
  }
}

TEST_F(Http2Frames, ContinuationsAreOneSection) {
  StartServer();
  const std::string block = HpackLiterals(H2Get("/"));
  Receive(Frame(H2Type::kHeaders, kH2EndStream, 1, block.substr(0, 10)));
  EXPECT_TRUE(codec_->inside_head());
  Receive(Frame(H2Type::kContinuation, 0, 1, block.substr(10, 5)));
  Receive(Frame(H2Type::kContinuation, kH2EndHeaders, 1, block.substr(15)));
  EXPECT_FALSE(codec_->inside_head());
  EXPECT_EQ(TakeEvents(), "0 head :method=GET :scheme=http :authority=test :path=/\n0 end\n");
}

TEST_F(Http2Frames, Priority) {
  ExpectProtocolError(Frame(H2Type::kPriority, 0, 0, "12345"));
  ExpectSizeError(Frame(H2Type::kPriority, 0, 1, "1234"));
  StartServer();
  EXPECT_EQ(Receive(Frame(H2Type::kPriority, 0, 7, H2Uint32(1) + "\x10")), CodecError::kNone);
}

TEST_F(Http2Frames, RstStream) {
  ExpectProtocolError(H2RstStreamFrame(0, 8));
  ExpectProtocolError(H2RstStreamFrame(5, 8));  // idle
  ExpectSizeError(Frame(H2Type::kRstStream, 0, 1, "123"));
}

TEST_F(Http2Frames, Settings) {
  const auto with = [](uint16_t id, uint32_t value) { return H2SettingsFrame({{id, value}}); };
  ExpectProtocolError(Frame(H2Type::kSettings, 0, 1, ""));
  ExpectSizeError(Frame(H2Type::kSettings, 0, 0, "12345"));
  ExpectSizeError(Frame(H2Type::kSettings, kH2Ack, 0, "123456"));
  ExpectProtocolError(H2SettingsAck());  // of nothing
  ExpectProtocolError(with(2, 2));
  ExpectFlowControlError(with(4, 0x80000000));
  ExpectProtocolError(with(5, 16383));
  ExpectProtocolError(with(5, 16777216));
  ExpectProtocolError(with(8, 2));
  StartServer();
  EXPECT_EQ(Receive(with(0x1234, 7)), CodecError::kNone);
  EXPECT_EQ(SentAll(), "SETTINGS ACK\n");
}

TEST_F(Http2Frames, PushPromise) {
  ExpectProtocolError(
      Frame(H2Type::kPushPromise, kH2EndHeaders, 1, H2Uint32(2) + HpackLiterals(H2Get("/"))));
}

TEST_F(Http2Frames, Ping) {
  ExpectProtocolError(Frame(H2Type::kPing, 0, 1, "12345678"));
  ExpectSizeError(Frame(H2Type::kPing, 0, 0, "1234567"));
  StartServer();
  Receive(H2PingFrame("abcdefgh"));
  EXPECT_EQ(Sent(), "PING ACK \"abcdefgh\"\n");
}

TEST_F(Http2Frames, Goaway) {
  ExpectProtocolError(Frame(H2Type::kGoaway, 0, 1, "12345678"));
  ExpectSizeError(Frame(H2Type::kGoaway, 0, 0, "1234567"));
}

TEST_F(Http2Frames, WindowUpdate) {
  ExpectSizeError(Frame(H2Type::kWindowUpdate, 0, 0, "123"));
  ExpectProtocolError(H2WindowUpdateFrame(0, 0));
  ExpectProtocolError(H2WindowUpdateFrame(1, 0));
  ExpectProtocolError(H2WindowUpdateFrame(5, 1));  // idle
  ExpectFlowControlError(H2WindowUpdateFrame(0, 0x7fffffff));
}

TEST_F(Http2Frames, AWindowOfAStreamThatOverflowsEndsTheStream) {
  StartServer();
  Receive(H2HeadersFrame(1, H2Get("/")) + H2HeadersFrame(3, H2Get("/")));
  TakeEvents();
  EXPECT_EQ(Receive(H2WindowUpdateFrame(1, 0x7fffffff)), CodecError::kNone);
  EXPECT_EQ(Sent(), "RST_STREAM 1 FLOW_CONTROL_ERROR\n");
  EXPECT_EQ(TakeEvents(), "0 reset protocol error FLOW_CONTROL_ERROR\n");
  EXPECT_EQ(codec_->open_streams(), 1u);
}

TEST_F(Http2Frames, OfUnknownTypeAreIgnored) {
  StartServer();
  EXPECT_EQ(Receive(Frame(static_cast<H2Type>(0x77), 0xff, 9, "whatever")), CodecError::kNone);
  EXPECT_EQ(SentAll(), "");
}

TEST_F(Http2Frames, MoreStreamsThanAllowed) {
  options_.concurrent_streams_max = 2;
  StartServer();
  for (const uint32_t id : {1u, 3u, 5u}) Receive(H2HeadersFrame(id, H2Get("/")));
  EXPECT_EQ(codec_->error(), CodecError::kNone);
  EXPECT_EQ(Sent(), "RST_STREAM 5 REFUSED_STREAM\n");
  EXPECT_EQ(codec_->open_streams(), 2u);
  EXPECT_EQ(Stat("stream_refused_errors"), 1u);
  // What still comes of it has no reader; and there is room again when another is over.
  Receive(H2DataFrame(5, "x", kH2EndStream) + H2RstStreamFrame(1, 8));
  Receive(H2HeadersFrame(7, H2Get("/"), kH2EndStream));
  EXPECT_EQ(codec_->open_streams(), 2u);
  EXPECT_EQ(Sent(), "");
}

// Before the peer can know the limit it is no error of its own (RFC 9113 section 5.1.2).
TEST_F(Http2Frames, MoreStreamsThanAllowedBeforeItIsKnown) {
  options_.concurrent_streams_max = 2;
  MakeServer();
  Wire();
  std::string bytes = absl::StrCat(kH2Preface, H2SettingsFrame());
  for (const uint32_t id : {1u, 3u, 5u}) bytes += H2HeadersFrame(id, H2Get("/"));
  EXPECT_EQ(Receive(bytes), CodecError::kNone);
  EXPECT_EQ(Sent(), "RST_STREAM 5 REFUSED_STREAM\n");
  EXPECT_EQ(codec_->open_streams(), 2u);
  EXPECT_EQ(Stat("stream_refused_errors"), 1u);
}

TEST_F(Http2Frames, OfAServerToAClient) {
  const auto expect = [](const std::string& bytes, CodecError error, const std::string& code) {
    Http2Rig rig;
    rig.StartClient();
    rig.Start();
    rig.Wire();
    EXPECT_EQ(rig.Receive(bytes), error) << absl::CHexEscape(bytes);
    EXPECT_EQ(rig.Sent(), absl::StrCat("GOAWAY 0 ", code, "\n")) << absl::CHexEscape(bytes);
    EXPECT_EQ(rig.TakeEvents(), absl::StrCat("0 reset protocol error ", code, "\n"));
  };
  expect(H2DataFrame(0, "x"), CodecError::kHttp2Protocol, "PROTOCOL_ERROR");
  expect(H2DataFrame(1, "x"), CodecError::kHttp2Protocol, "PROTOCOL_ERROR");  // no head yet
  expect(H2DataFrame(3, "x"), CodecError::kHttp2Protocol, "PROTOCOL_ERROR");
  expect(H2HeadersFrame(3, {{":status", "200"}}), CodecError::kHttp2Protocol, "PROTOCOL_ERROR");
  expect(H2HeadersFrame(2, {{":status", "200"}}), CodecError::kHttp2Protocol, "PROTOCOL_ERROR");
  expect(H2SettingsFrame({{2, 1}}), CodecError::kHttp2Protocol, "PROTOCOL_ERROR");
  expect(H2WindowUpdateFrame(0, 0), CodecError::kHttp2Protocol, "PROTOCOL_ERROR");
  expect(H2FrameBytes(H2Type::kGoaway, 0, 0, "1234"), CodecError::kHttp2FrameSize,
         "FRAME_SIZE_ERROR");
  expect(H2GoawayFrame(2, 0), CodecError::kHttp2Protocol, "PROTOCOL_ERROR");
}

}  // namespace
}  // namespace sluice
