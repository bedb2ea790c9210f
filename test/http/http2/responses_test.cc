// The client's role: responses, good and bad, and how streams end.
#include "test/http/http2/codec_fixture.h"

namespace sluice {
namespace {

class Http2Responses : public Http2CodecFixture {
 protected:
  static void ExpectRefused(const std::string& method, const std::string& frames) {
    {
      Http2Rig rig;
      rig.options_.malformed_ends_stream = true;
      rig.StartClient();
      H2Fields request = H2Get("/");
      request[0].second = method;
      rig.Start(request);
      rig.Start();
      rig.Wire();
      EXPECT_EQ(rig.Receive(frames), CodecError::kNone) << absl::CHexEscape(frames);
      const std::string events = rig.TakeEvents();
      EXPECT_EQ(events.substr(events.size() - 38), "0 reset protocol error PROTOCOL_ERROR\n")
          << absl::CHexEscape(frames);
      EXPECT_EQ(rig.Sent(), "RST_STREAM 1 PROTOCOL_ERROR\n");
      rig.Receive(H2HeadersFrame(3, {{":status", "200"}}, kH2EndStream));
      EXPECT_EQ(rig.TakeEvents(), "1 head :status=200\n1 end\n1 complete\n");
    }
    Http2Rig rig;
    rig.StartClient();
    H2Fields request = H2Get("/");
    request[0].second = method;
    rig.Start(request);
    rig.Wire();
    EXPECT_NE(rig.Receive(frames), CodecError::kNone);
    EXPECT_EQ(rig.Sent(), "GOAWAY 0 PROTOCOL_ERROR\n");
    EXPECT_EQ(rig.codec_->available_streams(), 0u);
    EXPECT_TRUE(rig.codec_->must_close());
  }
  static void ExpectRefused(const H2Fields& fields) {
    ExpectRefused("GET", H2HeadersFrame(1, fields, kH2EndStream));
  }
};

TEST_F(Http2Responses, WithoutAStatusThatIsOne) {
  ExpectRefused({{"x", "y"}});
  ExpectRefused({{":status", ""}});
  ExpectRefused({{":status", "20"}});
  ExpectRefused({{":status", "2000"}});
  ExpectRefused({{":status", "099"}});
  ExpectRefused({{":status", "abc"}});
  ExpectRefused({{":status", "101"}});
  ExpectRefused({{":status", "200"}, {":status", "200"}});
  ExpectRefused({{":status", "200"}, {":path", "/"}});
  ExpectRefused({{"x", "y"}, {":status", "200"}});
  ExpectRefused({{":status", "103"}});  // and END_STREAM
  ExpectRefused({{":status", "200"}, {"connection", "close"}});
  ExpectRefused({{":status", "200"}, {"X", "y"}});
}

TEST_F(Http2Responses, WhoseBodyIsNotWhatTheySay) {
  const auto head = [](const char* status, const char* length) {
    return H2HeadersFrame(1, {{":status", status}, {"content-length", length}});
  };
  ExpectRefused("GET",
                H2HeadersFrame(1, {{":status", "200"}, {"content-length", "1"}}, kH2EndStream));
  ExpectRefused("GET", head("200", "1") + H2DataFrame(1, "ab"));
  ExpectRefused("GET", head("200", "3") + H2DataFrame(1, "ab", kH2EndStream));
  ExpectRefused("GET", head("204", "3"));
  ExpectRefused("HEAD", head("200", "3") + H2DataFrame(1, "abc"));
  ExpectRefused("GET", head("304", "3") + H2DataFrame(1, "a", kH2EndStream));
  ExpectRefused("GET", H2HeadersFrame(1, {{":status", "103"}}) + H2DataFrame(1, "a"));
}

TEST_F(Http2Responses, WithoutBodies) {
  StartClient();
  H2Fields head = H2Get("/");
  head[0].second = "HEAD";
  Start(head);
  Start();
  Start();
  Wire();
  Receive(H2HeadersFrame(1, {{":status", "200"}, {"content-length", "3"}}, kH2EndStream) +
          H2HeadersFrame(3, {{":status", "304"}, {"content-length", "3"}}, kH2EndStream) +
          H2HeadersFrame(5, {{":status", "204"}, {"content-length", "0"}}, kH2EndStream));
  EXPECT_EQ(TakeEvents(),
            "0 head :status=200 content-length=3\n0 end\n0 complete\n"
            "1 head :status=304 content-length=3\n1 end\n1 complete\n"
            "2 head :status=204\n2 end\n2 complete\n");
}

TEST_F(Http2Responses, InterimOnesComeBefore) {
  StartClient();
  Start();
  Wire();
  Receive(H2HeadersFrame(1, {{":status", "100"}}) +
          H2HeadersFrame(1, {{":status", "103"}, {"link", "x"}}) +
          H2HeadersFrame(1, {{":status", "200"}}) + H2DataFrame(1, "a") +
          H2HeadersFrame(1, {{"grpc-status", "0"}}, kH2EndStream));
  EXPECT_EQ(TakeEvents(),
            "0 informational :status=100\n"
            "0 informational :status=103 link=x\n"
            "0 head :status=200\n"
            "0 trailers grpc-status=0\n"
            "0 body \"a\"\n"
            "0 end\n"
            "0 complete\n");
}

TEST_F(Http2Responses, InterimOnesAreLimited) {
  std::string frames;
  for (int i = 0; i < 33; ++i) frames += H2HeadersFrame(1, {{":status", "103"}});
  ExpectRefused("GET", frames);
}

TEST_F(Http2Responses, TooLargeResetTheirStream) {
  limits_.headers_bytes_max = 200;
  StartClient();
  Start();
  Start();
  Wire();
  EXPECT_EQ(Receive(H2HeadersFrame(1, {{":status", "200"}, {"x", std::string(200, 'y')}})),
            CodecError::kNone);
  EXPECT_EQ(TakeEvents(), "0 reset protocol error PROTOCOL_ERROR\n");
  EXPECT_EQ(stream(0).message_error_, CodecError::kHttp2TooManyHeaders);
  EXPECT_EQ(codec_->open_streams(), 1u);
  EXPECT_EQ(Stat("header_overflow"), 1u);
}

TEST_F(Http2Responses, BeforeTheRequestIsOut) {
  StartClient();
  H2Fields post = H2Get("/");
  post[0].second = "POST";
  H2TestStream& stream = Start(post, End::kNo);
  stream.Give("part", BodyState::kMore);
  Wire();
  Receive(H2HeadersFrame(1, {{":status", "413"}}, kH2EndStream));
  EXPECT_EQ(TakeEvents(), "0 head :status=413\n0 end\n0 complete\n");
  EXPECT_EQ(Sent(), "RST_STREAM 1 NO_ERROR\n");
  EXPECT_EQ(codec_->open_streams(), 0u);
}

TEST_F(Http2Responses, ATunnelClosesItsSidesOneByOne) {
  StartClient();
  H2TestStream& stream = Start({{":method", "CONNECT"}, {":authority", "a:1"}}, End::kNo);
  EXPECT_EQ(Sent(), "HEADERS 1 :method=CONNECT :authority=a:1\n");
  Receive(H2HeadersFrame(1, {{":status", "200"}}) + H2DataFrame(1, "down", kH2EndStream));
  EXPECT_EQ(TakeEvents(), "0 head :status=200\n0 body \"down\"\n0 end\n");
  stream.Give("up", BodyState::kEnd);
  EXPECT_EQ(Sent(), "DATA 1 END_STREAM \"up\"\n");
  EXPECT_EQ(TakeEvents(), "0 complete\n");
}

// ---- How streams end.

TEST_F(Http2Responses, ResetsSayWhose) {
  StartClient();
  Start();
  Start();
  Start();
  Wire();
  Receive(H2RstStreamFrame(1, 8) + H2RstStreamFrame(3, 7));
  EXPECT_EQ(TakeEvents(), "0 reset peer CANCEL\n1 reset refused REFUSED_STREAM\n");
  EXPECT_EQ(Stat("rx_reset"), 2u);
  EXPECT_EQ(Stat("streams_active"), 1u);
  codec_->OnConnectionLost();
  EXPECT_EQ(TakeEvents(), "2 reset connection NO_ERROR\n");
  EXPECT_EQ(Stat("streams_active"), 0u);
  EXPECT_FALSE(codec_->wants_fill());
}

TEST_F(Http2Responses, AResetOfOursIsSentAndTellsNobody) {
  StartClient();
  Start().stream_->Reset(ResetCode::kCancel);
  EXPECT_EQ(codec_->open_streams(), 0u);
  // Never sent: not a word of it.
  EXPECT_EQ(Sent(), "");
  Start();
  Wire();
  stream(1).stream_->Reset(ResetCode::kCancel);
  EXPECT_EQ(Sent(), "RST_STREAM 3 CANCEL\n");
  // What is still under way has no reader.
  Receive(H2HeadersFrame(3, {{":status", "200"}}) + H2DataFrame(3, "x", kH2EndStream));
  EXPECT_EQ(TakeEvents(), "");
  EXPECT_EQ(Stat("tx_reset"), 1u);
}

// RFC 9113 section 6.8: what is above the last stream was not looked at.
TEST_F(Http2Responses, GoawayRefusesWhatIsAboveItAndLetsTheRestFinish) {
  StartClient();
  Start();
  Start();
  Wire();
  Start();  // not yet sent
  Receive(H2GoawayFrame(1, 0));
  EXPECT_EQ(codec_->available_streams(), 0u);
  EXPECT_TRUE(codec_->must_close());
  Wire();
  EXPECT_EQ(TakeEvents(),
            "1 reset refused REFUSED_STREAM\n"
            "2 reset refused REFUSED_STREAM\n");
  Receive(H2HeadersFrame(1, {{":status", "200"}}, kH2EndStream));
  EXPECT_EQ(TakeEvents(), "0 head :status=200\n0 end\n0 complete\n");
  EXPECT_EQ(codec_->error(), CodecError::kNone);
}

TEST_F(Http2Responses, ThePeerSaysHowManyStreamsMayBe) {
  options_.concurrent_streams_max = 500;
  MakeClient();
  EXPECT_EQ(codec_->available_streams(), 100u);
  EXPECT_EQ(client_->extended_connect(), PeerSetting::kUnknown);
  Receive(H2SettingsFrame({{3, 2}, {8, 1}}));
  EXPECT_EQ(client_->extended_connect(), PeerSetting::kYes);
  EXPECT_EQ(codec_->available_streams(), 2u);
  Start();
  Start();
  EXPECT_EQ(codec_->available_streams(), 0u);
  Receive(H2SettingsFrame({{3, 1000}}));
  EXPECT_EQ(codec_->available_streams(), 498u);
}

TEST_F(Http2Responses, TheEndOfTheConnectionEndsStreams) {
  StartClient();
  Start();
  Wire();
  EXPECT_EQ(Receive("", End::kYes), CodecError::kUnexpectedEnd);
  EXPECT_EQ(TakeEvents(), "0 reset connection NO_ERROR\n");
  EXPECT_TRUE(codec_->must_close());
}

TEST_F(Http2Responses, PushIsRefused) {
  StartClient();
  Start();
  Wire();
  const std::string promise =
      H2FrameBytes(H2Type::kPushPromise, kH2EndHeaders, 1, H2Uint32(2) + HpackLiterals(H2Get("/")));
  EXPECT_EQ(Receive(promise), CodecError::kHttp2Protocol);
  EXPECT_EQ(Sent(), "GOAWAY 0 PROTOCOL_ERROR\n");
  EXPECT_EQ(TakeEvents(), "0 reset protocol error PROTOCOL_ERROR\n");
}

TEST_F(Http2Responses, PassOnWhatCameByHttp1) {
  StartClient();
  Start({{":method", "GET"},
         {":path", "/"},
         {":authority", "a"},
         {"connection", "close, x"},
         {"keep-alive", "1"},
         {"proxy-connection", "x"},
         {"transfer-encoding", "chunked"},
         {"upgrade", "h2c"},
         {"http2-settings", "x"},
         {"te", "gzip"},
         {"host", "b"},
         {"content-length", "3"},
         {"x-a", "1"}});
  EXPECT_EQ(Sent(), "HEADERS 1 END_STREAM :method=GET :scheme=http :path=/ :authority=a x-a=1\n");
}

}  // namespace
}  // namespace sluice
