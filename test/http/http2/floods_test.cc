// What costs a peer nothing, up to its limit and one beyond: ENHANCE_YOUR_CALM, a reason, a
// counter.
#include "test/http/http2/codec_fixture.h"

namespace sluice {
namespace {

class Http2Floods : public Http2CodecFixture {
 protected:
  void ExpectCalm(CodecError error, absl::string_view stat, absl::string_view detail) {
    EXPECT_EQ(codec_->error(), error);
    EXPECT_EQ(CodecErrorDetail(error), detail);
    EXPECT_EQ(Stat(stat), 1u);
    const std::string sent = Sent(1 << 20);
    const size_t last_line = sent.rfind('\n', sent.size() - 2);
    EXPECT_NE(sent.find("ENHANCE_YOUR_CALM\n", last_line == std::string::npos ? 0 : last_line),
              std::string::npos)
        << sent;
    EXPECT_TRUE(codec_->must_close());
    EXPECT_EQ(codec_->open_streams(), 0u);
  }
  static std::string Repeat(const std::string& bytes, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += bytes;
    return all;
  }
};

// CVE-2023-44487.
TEST_F(Http2Floods, ResetsBeforeTheAnswer) {
  options_.early_resets_burst = 10;
  options_.early_resets_per_second = 5;
  StartServer();
  uint32_t id = 1;
  const auto open_and_reset = [&](int times) {
    for (int i = 0; i < times; ++i, id += 2) {
      Receive(H2HeadersFrame(id, H2Get("/"), kH2EndStream) + H2RstStreamFrame(id, 8));
    }
  };
  open_and_reset(10);
  EXPECT_EQ(codec_->error(), CodecError::kNone);
  world_.Advance(std::chrono::seconds(1));
  open_and_reset(5);
  EXPECT_EQ(codec_->error(), CodecError::kNone);
  open_and_reset(1);
  ExpectCalm(CodecError::kHttp2EarlyResets, "inbound_resets_frames_flood",
             "http2.inbound_resets_flood");
}

TEST_F(Http2Floods, ResetsOfWhatIsAnsweredAreNone) {
  options_.early_resets_burst = 1;
  options_.early_resets_per_second = 0;
  StartServer();
  for (uint32_t id = 1; id < 41; id += 2) {
    Receive(H2HeadersFrame(id, H2Get("/"), kH2EndStream));
    streams_.back().Send({{":status", "200"}}, End::kNo);
    Wire();
    Receive(H2RstStreamFrame(id, 8));
  }
  EXPECT_EQ(codec_->error(), CodecError::kNone);
}

// A peer that makes us reset its streams has the same work done for nothing.
TEST_F(Http2Floods, ResetsThatAPeerProvokes) {
  options_.malformed_ends_stream = true;
  options_.early_resets_burst = 10;
  options_.early_resets_per_second = 0;
  StartServer();
  for (uint32_t id = 1; id <= 9; id += 2) Receive(H2HeadersFrame(id, {{"x", "y"}}, kH2EndStream));
  for (uint32_t id = 11; id <= 19; id += 2) {
    Receive(H2HeadersFrame(id, H2Get("/")) + H2WindowUpdateFrame(id, 0x7fffffff));
  }
  EXPECT_EQ(codec_->error(), CodecError::kNone);
  Receive(H2HeadersFrame(21, H2Get("/")) + H2WindowUpdateFrame(21, 0x7fffffff));
  ExpectCalm(CodecError::kHttp2EarlyResets, "inbound_resets_frames_flood",
             "http2.inbound_resets_flood");
}

// CVE-2024-27316.
TEST_F(Http2Floods, Continuations) {
  options_.continuation_frames_per_head_max = 4;
  StartServer();
  const std::string more = H2FrameBytes(H2Type::kContinuation, 0, 1, HpackLiterals({{"x", "y"}}));
  Receive(H2FrameBytes(H2Type::kHeaders, 0, 1, HpackLiterals(H2Get("/"))) + Repeat(more, 4));
  EXPECT_EQ(codec_->error(), CodecError::kNone);
  Receive(more);
  ExpectCalm(CodecError::kHttp2Continuations, "inbound_continuation_frames_flood",
             "http2.inbound_continuation_frames_flood");
}

// Of a section that nobody reads, too: its stream was reset.
TEST_F(Http2Floods, ContinuationsNobodyReads) {
  options_.continuation_frames_per_head_max = 4;
  StartServer();
  Receive(H2HeadersFrame(1, H2Get("/")));
  stream(0).stream_->Reset(ResetCode::kCancel);
  Wire();
  const std::string more = H2FrameBytes(H2Type::kContinuation, 0, 1, HpackLiterals({{"x", "y"}}));
  Receive(H2FrameBytes(H2Type::kHeaders, 0, 1, HpackLiterals({{"x", "y"}})) + Repeat(more, 46));
  ExpectCalm(CodecError::kHttp2Continuations, "inbound_continuation_frames_flood",
             "http2.inbound_continuation_frames_flood");
}

TEST_F(Http2Floods, EmptyData) {
  options_.consecutive_empty_frames_max = 3;
  StartServer();
  Receive(H2HeadersFrame(1, H2Get("/")) + Repeat(H2DataFrame(1, ""), 3) + H2DataFrame(1, "x") +
          Repeat(H2DataFrame(1, ""), 3));
  EXPECT_EQ(codec_->error(), CodecError::kNone);
  Receive(H2DataFrame(1, ""));
  ExpectCalm(CodecError::kHttp2EmptyFrames, "inbound_empty_frames_flood",
             "http2.inbound_empty_frames_flood");
}

TEST_F(Http2Floods, PaddingIsEmptyToo) {
  StartServer();
  const std::string padded =
      H2FrameBytes(H2Type::kData, kH2Padded, 1, "\xff" + std::string(255, '\0'));
  Receive(H2HeadersFrame(1, H2Get("/")) + padded);
  EXPECT_EQ(codec_->error(), CodecError::kNone);
  Receive(padded);
  ExpectCalm(CodecError::kHttp2EmptyFrames, "inbound_empty_frames_flood",
             "http2.inbound_empty_frames_flood");
}

TEST_F(Http2Floods, EmptyContinuations) {
  StartServer();
  Receive(H2FrameBytes(H2Type::kHeaders, 0, 1, HpackLiterals(H2Get("/"))) +
          Repeat(H2FrameBytes(H2Type::kContinuation, 0, 1, ""), 2));
  ExpectCalm(CodecError::kHttp2EmptyFrames, "inbound_empty_frames_flood",
             "http2.inbound_empty_frames_flood");
}

TEST_F(Http2Floods, Priorities) {
  options_.priority_frames_per_stream_max = 10;
  StartServer();
  const std::string priority = H2FrameBytes(H2Type::kPriority, 0, 99, H2Uint32(0) + "\x10");
  Receive(H2HeadersFrame(1, H2Get("/")) + Repeat(priority, 20));
  EXPECT_EQ(codec_->error(), CodecError::kNone);
  Receive(priority);
  ExpectCalm(CodecError::kHttp2PriorityFrames, "inbound_priority_frames_flood",
             "http2.inbound_priority_frames_flood");
}

TEST_F(Http2Floods, WindowUpdates) {
  StartServer();
  Receive(H2HeadersFrame(1, H2Get("/")) + Repeat(H2WindowUpdateFrame(1, 1), 7));
  EXPECT_EQ(codec_->error(), CodecError::kNone);
  stream(0).Send({{":status", "200"}}, End::kNo);
  stream(0).Give("x", BodyState::kMore);
  Wire();  // a DATA frame: twenty more
  Receive(Repeat(H2WindowUpdateFrame(0, 1), 20));
  EXPECT_EQ(codec_->error(), CodecError::kNone);
  Receive(H2WindowUpdateFrame(0, 1));
  ExpectCalm(CodecError::kHttp2WindowUpdates, "inbound_window_update_frames_flood",
             "http2.inbound_window_update_frames_flood");
}

TEST_F(Http2Floods, Settings) {
  options_.settings_frames_per_second_max = 5;
  MakeServer();
  Receive(absl::StrCat(kH2Preface, Repeat(H2SettingsFrame(), 5)));
  Wire();
  EXPECT_EQ(codec_->error(), CodecError::kNone);
  world_.Advance(std::chrono::seconds(1));
  for (int i = 0; i < 5; ++i) Receive(H2SettingsFrame());
  EXPECT_EQ(codec_->error(), CodecError::kNone);
  Receive(H2SettingsFrame());
  ExpectCalm(CodecError::kHttp2SettingsFrames, "inbound_settings_frames_flood",
             "http2.inbound_settings_frames_flood");
}

TEST_F(Http2Floods, SettingsOfManyEntries) {
  StartServer();
  std::vector<std::pair<uint16_t, uint32_t>> settings(33, {4, 65535});
  Receive(H2SettingsFrame(settings));
  ExpectCalm(CodecError::kHttp2SettingsFrames, "inbound_settings_frames_flood",
             "http2.inbound_settings_frames_flood");
}

// Answers that the peer does not read: in many reads, and in one.
TEST_F(Http2Floods, Pings) {
  options_.outbound_control_frames_max = 100;
  StartServer();
  for (int i = 0; i < 100; ++i) Receive(H2PingFrame("12345678"));
  EXPECT_EQ(codec_->error(), CodecError::kNone);
  Wire();  // read, so that it starts anew
  for (int i = 0; i < 100; ++i) Receive(H2PingFrame("12345678"));
  EXPECT_EQ(codec_->error(), CodecError::kNone);
  Receive(H2PingFrame("12345678"));
  ExpectCalm(CodecError::kHttp2OutboundControlFrames, "outbound_control_flood",
             "http2.outbound_control_frames_flood");
}

TEST_F(Http2Floods, PingsInOneRead) {
  options_.outbound_control_frames_max = 100;
  StartServer();
  Receive(Repeat(H2PingFrame("12345678"), 101));
  ExpectCalm(CodecError::kHttp2OutboundControlFrames, "outbound_control_flood",
             "http2.outbound_control_frames_flood");
}

// Streams that are refused one after another: a RST_STREAM each.
TEST_F(Http2Floods, RefusedStreams) {
  options_.concurrent_streams_max = 1;
  options_.outbound_control_frames_max = 50;
  MakeServer();
  Wire();
  std::string bytes = absl::StrCat(kH2Preface, H2SettingsFrame());
  for (uint32_t id = 1; id < 120; id += 2) bytes += H2HeadersFrame(id, H2Get("/"));
  Receive(bytes);
  ExpectCalm(CodecError::kHttp2OutboundControlFrames, "outbound_control_flood",
             "http2.outbound_control_frames_flood");
}

TEST_F(Http2Floods, AnswersThatWait) {
  options_.outbound_frames_max = 20;
  on_request_ = [](H2TestStream& stream) { stream.Answer("204"); };
  StartServer();
  for (uint32_t id = 1; id <= 41; id += 2) Receive(H2HeadersFrame(id, H2Get("/"), kH2EndStream));
  ExpectCalm(CodecError::kHttp2OutboundFrames, "outbound_flood", "http2.outbound_frames_flood");
}

// A client that shuts its windows holds what its streams hold, and no byte is taken from them.
TEST_F(Http2Floods, ShutWindowsHoldNothing) {
  StartServer();
  Receive(H2SettingsFrame({{4, 0}}));
  Wire();
  const size_t blocks = world_.worker().slabs.blocks_in_use();
  for (uint32_t id = 1; id < 201; id += 2) {
    Receive(H2HeadersFrame(id, H2Get("/"), kH2EndStream));
    streams_.back().Answer("200", std::string(100000, 'x'));
    Wire();
  }
  EXPECT_EQ(codec_->open_streams(), 100u);
  EXPECT_EQ(world_.worker().slabs.blocks_in_use(), blocks);
  for (const H2TestStream& stream : streams_) EXPECT_EQ(stream.to_send_.size(), 100000u);
  EXPECT_FALSE(codec_->wants_fill());
}

// The same limits hold for servers that flood their client.
TEST_F(Http2Floods, ByAServer) {
  options_.outbound_control_frames_max = 10;
  StartClient();
  Start();
  Receive(Repeat(H2PingFrame("12345678"), 11));
  ExpectCalm(CodecError::kHttp2OutboundControlFrames, "outbound_control_flood",
             "http2.outbound_control_frames_flood");
  EXPECT_EQ(TakeEvents(), "0 reset protocol error ENHANCE_YOUR_CALM\n");
}

}  // namespace
}  // namespace sluice
