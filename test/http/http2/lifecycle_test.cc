// How a connection and its streams end in the server's role: drains, resets, last replies, pings.
#include "test/http/http2/codec_fixture.h"

namespace sluice {
namespace {

class Http2Lifecycle : public Http2CodecFixture {};

TEST_F(Http2Lifecycle, DrainsInTwoSteps) {
  StartServer();
  Receive(H2HeadersFrame(1, H2Get("/a"), kH2EndStream));
  codec_->StartDrain();
  EXPECT_EQ(Sent(), "GOAWAY 2147483647 NO_ERROR\n");
  EXPECT_FALSE(codec_->must_close());
  // What was on its way is still served.
  Receive(H2HeadersFrame(3, H2Get("/b"), kH2EndStream));
  EXPECT_EQ(codec_->open_streams(), 2u);
  codec_->FinishDrain();
  EXPECT_EQ(Sent(), "GOAWAY 3 NO_ERROR\n");
  EXPECT_TRUE(codec_->must_close());
  // What comes now was not promised anything.
  Receive(H2HeadersFrame(5, H2Get("/c"), kH2EndStream));
  EXPECT_EQ(codec_->open_streams(), 2u);
  stream(0).Answer("200");
  stream(1).Answer("200");
  EXPECT_EQ(Sent(), "HEADERS 1 END_STREAM :status=200\nHEADERS 3 END_STREAM :status=200\n");
  EXPECT_EQ(codec_->open_streams(), 0u);
  EXPECT_FALSE(codec_->wants_fill());
  EXPECT_EQ(codec_->error(), CodecError::kNone);
  EXPECT_EQ(Stat("goaway_sent"), 2u);
}

TEST_F(Http2Lifecycle, AUploadGoesOnWhileDraining) {
  StartServer();
  Receive(H2HeadersFrame(1, H2Get("/a")));
  codec_->FinishDrain();
  EXPECT_EQ(Sent(), "GOAWAY 2147483647 NO_ERROR\nGOAWAY 1 NO_ERROR\n");
  Receive(H2DataFrame(1, "late", kH2EndStream));
  EXPECT_EQ(stream(0).body_, "late");
  EXPECT_TRUE(stream(0).ended_);
}

TEST_F(Http2Lifecycle, AnAnswerBeforeTheRequestsEnd) {
  StartServer();
  Receive(H2HeadersFrame(1, H2Get("/")));
  TakeEvents();
  stream(0).Answer("413", "no");
  EXPECT_EQ(Sent(), "HEADERS 1 :status=413\nDATA 1 END_STREAM \"no\"\nRST_STREAM 1 NO_ERROR\n");
  EXPECT_EQ(TakeEvents(), "0 complete\n");
  // What was on its way is dropped.
  EXPECT_EQ(Receive(H2DataFrame(1, "late", kH2EndStream)), CodecError::kNone);
  EXPECT_EQ(TakeEvents(), "");
}

TEST_F(Http2Lifecycle, ATunnelStaysOpenBehindItsAnswersEnd) {
  StartServer();
  Receive(H2HeadersFrame(1, {{":method", "CONNECT"}, {":authority", "a:1"}}));
  stream(0).Send({{":status", "200"}}, End::kNo);
  stream(0).Give("down", BodyState::kEnd);
  EXPECT_EQ(Sent(), "HEADERS 1 :status=200\nDATA 1 END_STREAM \"down\"\n");
  TakeEvents();
  Receive(H2DataFrame(1, "up", kH2EndStream));
  EXPECT_EQ(TakeEvents(), "0 body \"up\"\n0 end\n0 complete\n");
}

TEST_F(Http2Lifecycle, InformationalResponses) {
  StartServer();
  Receive(H2HeadersFrame(1, H2Get("/", {{"expect", "100-continue"}})));
  stream(0).SendInformational({{":status", "100"}});
  stream(0).SendInformational({{":status", "103"}, {"link", "x"}});
  stream(0).Answer("200");
  EXPECT_EQ(Sent(),
            "HEADERS 1 :status=100\nHEADERS 1 :status=103 link=x\n"
            "HEADERS 1 END_STREAM :status=200\nRST_STREAM 1 NO_ERROR\n");
}

TEST_F(Http2Lifecycle, ResetByTheClient) {
  StartServer();
  Receive(H2HeadersFrame(1, H2Get("/")));
  stream(0).Send({{":status", "200"}}, End::kNo);
  stream(0).Give("x", BodyState::kMore);
  Sent();
  TakeEvents();
  Receive(H2RstStreamFrame(1, 8));
  EXPECT_EQ(TakeEvents(), "0 reset peer CANCEL\n");
  EXPECT_EQ(codec_->open_streams(), 0u);
  EXPECT_FALSE(codec_->must_close());
  EXPECT_EQ(Sent(), "");
}

TEST_F(Http2Lifecycle, ResetByTheUserInsideItsEvents) {
  StartServer();
  on_request_ = [](H2TestStream& stream) { stream.stream_->Reset(ResetCode::kRefusedStream); };
  Receive(H2HeadersFrame(1, H2Get("/")) + H2DataFrame(1, "x", kH2EndStream));
  EXPECT_EQ(Sent(), "RST_STREAM 1 REFUSED_STREAM\n");
  EXPECT_EQ(TakeEvents(), "0 head :method=GET :scheme=http :authority=test :path=/\n");
  EXPECT_EQ(codec_->open_streams(), 0u);
}

TEST_F(Http2Lifecycle, TheClientsEnd) {
  StartServer();
  EXPECT_EQ(Receive("", End::kYes), CodecError::kNone);
  EXPECT_TRUE(codec_->must_close());
}

TEST_F(Http2Lifecycle, TheClientsGoaway) {
  StartServer();
  Receive(H2HeadersFrame(1, H2Get("/"), kH2EndStream) + H2GoawayFrame(0, 0));
  EXPECT_TRUE(codec_->must_close());
  stream(0).Answer("200");
  EXPECT_EQ(Sent(), "HEADERS 1 END_STREAM :status=200\n");
  EXPECT_EQ(codec_->open_streams(), 0u);
}

// ---- The last reply of a connection.

TEST_F(Http2Lifecycle, AMalformedRequestMayBeToldSo) {
  StartServer();
  Receive(H2HeadersFrame(1, H2Get("/"), kH2EndStream));
  TakeEvents();
  EXPECT_EQ(Receive(H2HeadersFrame(3, {{":method", "GET"}}, kH2EndStream)),
            CodecError::kHttp2Messaging);
  EXPECT_EQ(TakeEvents(), "0 reset protocol error PROTOCOL_ERROR\n");
  H2TestStream& reply = NewTestStream();
  reply.stream_ = codec_->StartErrorReply(reply);
  ASSERT_NE(reply.stream_, nullptr);
  reply.Answer("400", "bad");
  EXPECT_EQ(Sent(), "HEADERS 3 :status=400\nDATA 3 END_STREAM \"bad\"\nGOAWAY 3 PROTOCOL_ERROR\n");
  EXPECT_EQ(TakeEvents(), "1 complete\n");
  EXPECT_TRUE(codec_->must_close());
  EXPECT_FALSE(codec_->wants_fill());
  EXPECT_EQ(codec_->open_streams(), 0u);
}

TEST_F(Http2Lifecycle, AReplyThatWaitsForAWindowHoldsUpGoaway) {
  StartServer();
  Receive(H2SettingsFrame({{4, 2}}) + H2HeadersFrame(1, {{":method", "GET"}}, kH2EndStream));
  H2TestStream& reply = NewTestStream();
  reply.stream_ = codec_->StartErrorReply(reply);
  reply.Answer("400", "bad");
  EXPECT_EQ(Sent(), "HEADERS 1 :status=400\nDATA 1 \"ba\"\n");
  reply.stream_->Reset(ResetCode::kCancel);
  EXPECT_EQ(Sent(), "RST_STREAM 1 CANCEL\nGOAWAY 1 PROTOCOL_ERROR\n");
}

TEST_F(Http2Lifecycle, ARequestThatIsLateMayBeToldSo) {
  StartServer();
  const std::string block = HpackLiterals(H2Get("/"));
  Receive(H2FrameBytes(H2Type::kHeaders, 0, 1, block.substr(0, 20)));
  EXPECT_TRUE(codec_->inside_head());
  H2TestStream& reply = NewTestStream();
  reply.stream_ = codec_->StartErrorReply(reply);
  ASSERT_NE(reply.stream_, nullptr);
  EXPECT_FALSE(codec_->inside_head());
  reply.Answer("408");
  EXPECT_EQ(Receive(H2FrameBytes(H2Type::kContinuation, kH2EndHeaders, 1, block.substr(20))),
            CodecError::kNone);
  EXPECT_EQ(Sent(), "HEADERS 1 END_STREAM :status=408\nGOAWAY 1 NO_ERROR\n");
  EXPECT_EQ(TakeEvents(), "0 complete\n");
  EXPECT_TRUE(codec_->must_close());
}

TEST_F(Http2Lifecycle, WhereNothingCanBeSaidThereIsNoReply) {
  StartServer();
  H2TestStream& reply = NewTestStream();
  EXPECT_EQ(codec_->StartErrorReply(reply), nullptr);
  Receive(H2PingFrame("x"));
  EXPECT_EQ(codec_->error(), CodecError::kHttp2FrameSize);
  EXPECT_EQ(codec_->StartErrorReply(reply), nullptr);
  EXPECT_EQ(Sent(), "GOAWAY 0 FRAME_SIZE_ERROR\n");
}

// ---- Pings.

TEST_F(Http2Lifecycle, PingsAreCountedUntilAnswered) {
  StartServer();
  codec_->SendPing();
  codec_->SendPing();
  EXPECT_EQ(codec_->unanswered_pings(), 2u);
  EXPECT_EQ(Sent(),
            "PING \"\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\"\n"
            "PING \"\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\"\n");
  Receive(H2PingFrame(std::string(8, '\0'), kH2Ack));
  EXPECT_EQ(codec_->unanswered_pings(), 1u);
  Receive(H2PingFrame(std::string(8, '\0'), kH2Ack) + H2PingFrame("12345678", kH2Ack));
  EXPECT_EQ(codec_->unanswered_pings(), 0u);
}

}  // namespace
}  // namespace sluice
