// Windows in both directions, and whose turn it is (RFC 9113 section 5.2).
#include "absl/strings/match.h"
#include "test/http/http2/codec_fixture.h"

namespace sluice {
namespace {

class Http2Flow : public Http2CodecFixture {
 protected:
  static std::string Body(uint32_t id, size_t size, uint8_t last_flags = 0) {
    std::string frames;
    for (; size > 16384; size -= 16384) frames += H2DataFrame(id, std::string(16384, 'x'));
    return frames + H2DataFrame(id, std::string(size, 'x'), last_flags);
  }
  // How many payload bytes of DATA there are for stream `id`.
  static size_t DataBytes(const std::string& wire, uint32_t id) {
    size_t bytes = 0;
    for (const H2Frame& frame : H2FrameReader().Feed(wire)) {
      if (frame.type == H2Type::kData && frame.stream == id) bytes += frame.payload.size();
    }
    return bytes;
  }
};

TEST_F(Http2Flow, AReaderThatGoesOnGetsItsWindowBack) {
  options_.stream_window_bytes = options_.connection_window_bytes = 65535;
  StartServer();
  Receive(H2HeadersFrame(1, H2Get("/")) + Body(1, 40000));
  EXPECT_EQ(SentAll(), "WINDOW_UPDATE 0 32768\nWINDOW_UPDATE 1 32768\n");
  EXPECT_EQ(stream(0).body_.size(), 40000u);
}

// A stalled stream holds its own window and no more; others go on.
TEST_F(Http2Flow, AReaderThatPausesKeepsItsWindow) {
  options_.stream_window_bytes = 65535;
  options_.connection_window_bytes = 65535;
  StartServer();
  Receive(H2HeadersFrame(1, H2Get("/")) + H2HeadersFrame(3, H2Get("/")));
  stream(0).stream_->PauseReading();
  Receive(Body(1, 65535));
  EXPECT_EQ(describer_.Lines(Wire(), {"WINDOW_UPDATE 0"}), "");
  Receive(Body(3, 40000));
  EXPECT_EQ(describer_.Lines(Wire(), {"WINDOW_UPDATE 0"}), "WINDOW_UPDATE 3 32768\n");
  EXPECT_EQ(resumes_, 0);
  stream(0).stream_->ResumeReading();
  EXPECT_EQ(resumes_, 1);  // which makes the connection pull
  EXPECT_TRUE(codec_->wants_fill());
  EXPECT_EQ(SentAll(), "WINDOW_UPDATE 1 65535\n");
  stream(0).stream_->PauseReading();
  Receive(H2DataFrame(1, "x", kH2EndStream));
  EXPECT_TRUE(stream(0).ended_);
}

TEST_F(Http2Flow, MoreThanTheWindowIsAnError) {
  options_.stream_window_bytes = 65535;
  StartServer();
  Receive(H2HeadersFrame(1, H2Get("/")));
  stream(0).stream_->PauseReading();
  EXPECT_EQ(Receive(Body(1, 65535)), CodecError::kNone);
  Receive(H2DataFrame(1, "x"));
  EXPECT_EQ(Sent(), "RST_STREAM 1 FLOW_CONTROL_ERROR\n");
}

TEST_F(Http2Flow, PaddingIsGivenBackAtOnce) {
  options_.stream_window_bytes = 65535;
  options_.connection_window_bytes = 65535;
  StartServer();
  Receive(H2HeadersFrame(1, H2Get("/")));
  stream(0).stream_->PauseReading();
  std::string frames;
  for (int i = 0; i < 200; ++i) {
    frames +=
        H2FrameBytes(H2Type::kData, kH2Padded, 1, absl::StrCat("\xff", "a", std::string(255, 0)));
  }
  Receive(frames);
  EXPECT_EQ(stream(0).body_, std::string(200, 'a'));
  EXPECT_TRUE(absl::StrContains(SentAll(), "WINDOW_UPDATE 1 "));
}

// ---- Out.

TEST_F(Http2Flow, ABodyWaitsForItsStreamsWindow) {
  StartServer();
  Receive(H2SettingsFrame({{4, 10}}) + H2HeadersFrame(1, H2Get("/"), kH2EndStream));
  stream(0).Answer("200", "hello, world");
  EXPECT_EQ(Sent(), "HEADERS 1 :status=200\nDATA 1 \"hello, wor\"\n");
  EXPECT_FALSE(codec_->wants_fill());
  EXPECT_EQ(stream(0).to_send_, "ld");  // was not asked for
  Receive(H2WindowUpdateFrame(1, 1));
  EXPECT_EQ(Sent(), "DATA 1 \"l\"\n");
  Receive(H2SettingsFrame({{4, 11}}));
  EXPECT_EQ(Sent(), "DATA 1 END_STREAM \"d\"\n");
  EXPECT_TRUE(absl::EndsWith(TakeEvents(), "\n0 complete\n"));
}

TEST_F(Http2Flow, ABodyWaitsForTheConnectionsWindow) {
  StartServer();
  Receive(H2SettingsFrame({{4, 1000000}}) + H2HeadersFrame(1, H2Get("/"), kH2EndStream));
  stream(0).Answer("200", std::string(70000, 'x'));
  EXPECT_EQ(DataBytes(Wire(), 1), 65535u);
  EXPECT_FALSE(codec_->wants_fill());
  Receive(H2WindowUpdateFrame(0, 10000));
  EXPECT_EQ(DataBytes(Wire(), 1), 4465u);
  EXPECT_EQ(stream(0).largest_pull_, 16384u);
}

// nghttp2 makes no DATA, not an empty one either, while a window is shut.
TEST_F(Http2Flow, AnEndBehindTheWindowWaitsForIt) {
  StartServer();
  Receive(H2SettingsFrame({{4, 2}}) + H2HeadersFrame(1, H2Get("/"), kH2EndStream));
  stream(0).Send({{":status", "200"}}, End::kNo);
  stream(0).Give("ab", BodyState::kMore);
  EXPECT_EQ(Sent(), "HEADERS 1 :status=200\nDATA 1 \"ab\"\n");
  stream(0).Give("", BodyState::kEnd);
  EXPECT_EQ(Sent(), "");
  Receive(H2WindowUpdateFrame(1, 1));
  EXPECT_EQ(Sent(), "DATA 1 END_STREAM \"\"\n");
}

TEST_F(Http2Flow, FillIsBounded) {
  StartServer();
  Receive(H2SettingsFrame({{4, 1 << 30}}) + H2WindowUpdateFrame(0, 1 << 30) +
          H2HeadersFrame(1, H2Get("/"), kH2EndStream));
  stream(0).Answer("200", std::string(1000000, 'x'));
  Buffer out(world_.worker().slabs);
  codec_->Fill(out, 50000);
  EXPECT_GE(out.size(), 50000u);
  EXPECT_LE(out.size(), 50000u + 16384u + 9u);
  // Not a byte was taken from the stream that is not in there.
  EXPECT_EQ(stream(0).to_send_.size() + DataBytes(out.ToString(), 1), 1000000u);
  EXPECT_TRUE(codec_->wants_fill());
}

TEST_F(Http2Flow, StreamsTakeTurns) {
  StartServer();
  std::string bytes = H2SettingsFrame({{4, 1 << 30}}) + H2WindowUpdateFrame(0, 1 << 30);
  for (uint32_t id = 1; id <= 7; id += 2) bytes += H2HeadersFrame(id, H2Get("/"), kH2EndStream);
  Receive(bytes);
  for (size_t i = 0; i < 4; ++i) stream(i).Answer("200", std::string(300000, 'x'));
  Buffer out(world_.worker().slabs);
  codec_->Fill(out, 400000);
  const std::string wire = out.ToString();
  for (uint32_t id = 1; id <= 7; id += 2) {
    EXPECT_GE(DataBytes(wire, id), 80000u) << id;
    EXPECT_LE(DataBytes(wire, id), 120000u) << id;
  }
}

TEST_F(Http2Flow, UploadsTakeTurns) {
  StartClient({{4, 1 << 30}});
  Receive(H2WindowUpdateFrame(0, 1 << 30));
  for (int i = 0; i < 4; ++i)
    Start(H2Get("/"), End::kNo).Give(std::string(300000, 'x'), BodyState::kEnd);
  Buffer out(world_.worker().slabs);
  codec_->Fill(out, 400000);
  const std::string wire = out.ToString();
  for (uint32_t id = 1; id <= 7; id += 2) {
    EXPECT_GE(DataBytes(wire, id), 80000u) << id;
    EXPECT_LE(DataBytes(wire, id), 120000u) << id;
  }
}

TEST_F(Http2Flow, ASourceIsAskedOnlyWhenItSaidSo) {
  StartServer();
  Receive(H2HeadersFrame(1, H2Get("/"), kH2EndStream));
  stream(0).Send({{":status", "200"}}, End::kNo);
  EXPECT_EQ(Sent(), "HEADERS 1 :status=200\n");
  EXPECT_EQ(stream(0).pulls_, 0);
  EXPECT_FALSE(codec_->wants_fill());
  stream(0).Give("a", BodyState::kMore);
  EXPECT_EQ(Sent(), "DATA 1 \"a\"\n");
  EXPECT_EQ(stream(0).pulls_, 1);
  EXPECT_EQ(Sent(), "");
  EXPECT_EQ(stream(0).pulls_, 1);
}

// The body of a response that has none on the wire goes nowhere.
TEST_F(Http2Flow, ABodyForHeadIsDropped) {
  StartServer();
  H2Fields head = H2Get("/");
  head[0].second = "HEAD";
  Receive(H2HeadersFrame(1, head, kH2EndStream));
  TakeEvents();
  stream(0).Send({{":status", "200"}, {"content-length", "5"}}, End::kNo);
  stream(0).Give(std::string(40000, 'x'), BodyState::kEnd);
  EXPECT_EQ(Sent(), "HEADERS 1 :status=200 content-length=5\nDATA 1 END_STREAM \"\"\n");
  EXPECT_EQ(TakeEvents(), "0 complete\n");
}

TEST_F(Http2Flow, AStreamThatResetsItselfWhenAsked) {
  StartServer();
  Receive(H2HeadersFrame(1, H2Get("/"), kH2EndStream) +
          H2HeadersFrame(3, H2Get("/"), kH2EndStream));
  stream(0).on_fill_ = [this] { stream(0).stream_->Reset(ResetCode::kInternalError); };
  stream(0).Answer("200", "never");
  stream(1).Answer("200", "sent");
  EXPECT_EQ(Sent(),
            "HEADERS 1 :status=200\nHEADERS 3 :status=200\nRST_STREAM 1 INTERNAL_ERROR\n"
            "DATA 3 END_STREAM \"sent\"\n");
}

}  // namespace
}  // namespace sluice
