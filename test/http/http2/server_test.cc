#include "test/http/http2/codec_fixture.h"

namespace sluice {
namespace {

class Http2Server : public Http2CodecFixture {};

TEST_F(Http2Server, SaysItsSettingsFirst) {
  MakeServer();
  EXPECT_TRUE(codec_->wants_fill());
  EXPECT_EQ(SentAll(),
            "SETTINGS 3=1024 4=16777216 6=61440 8=1 9=1\n"
            "WINDOW_UPDATE 0 25100289\n");
  EXPECT_FALSE(codec_->wants_fill());
}

TEST_F(Http2Server, AnswersARequest) {
  StartServer();
  EXPECT_EQ(Receive(H2HeadersFrame(1, H2Get("/a"), kH2EndStream)), CodecError::kNone);
  EXPECT_EQ(TakeEvents(),
            "0 head :method=GET :scheme=http :authority=test :path=/a\n"
            "0 end\n");
  EXPECT_EQ(codec_->open_streams(), 1u);
  stream(0).Send({{":status", "200"}, {"content-type", "text/plain"}}, End::kNo);
  stream(0).Give("hello", BodyState::kEnd);
  EXPECT_EQ(Sent(),
            "HEADERS 1 :status=200 content-type=text/plain\n"
            "DATA 1 END_STREAM \"hello\"\n");
  EXPECT_EQ(TakeEvents(), "0 complete\n");
  EXPECT_EQ(codec_->open_streams(), 0u);
  EXPECT_FALSE(codec_->must_close());
  EXPECT_FALSE(codec_->wants_fill());
}

TEST_F(Http2Server, TakesABody) {
  StartServer();
  H2Fields post = H2Get("/");
  post[0].second = "POST";
  Receive(H2HeadersFrame(1, post) + H2DataFrame(1, "one") + H2DataFrame(1, "two", kH2EndStream));
  EXPECT_EQ(TakeEvents(),
            "0 head :method=POST :scheme=http :authority=test :path=/\n"
            "0 body \"onetwo\"\n"
            "0 end\n");
  stream(0).Answer("204");
  EXPECT_EQ(Sent(), "HEADERS 1 END_STREAM :status=204\n");
  EXPECT_EQ(TakeEvents(), "0 complete\n");
}

TEST_F(Http2Server, TakesTrailersAndSendsThem) {
  StartServer();
  Receive(H2HeadersFrame(1, H2Get("/")) + H2DataFrame(1, "x") +
          H2HeadersFrame(1, {{"grpc-status", "0"}}, kH2EndStream));
  EXPECT_EQ(TakeEvents(),
            "0 head :method=GET :scheme=http :authority=test :path=/\n"
            "0 trailers grpc-status=0\n"
            "0 body \"x\"\n"
            "0 end\n");
  stream(0).out_trailers_.Add("x-sum", "1");
  stream(0).Send({{":status", "200"}}, End::kNo);
  stream(0).Give("y", BodyState::kTrailers);
  EXPECT_EQ(Sent(),
            "HEADERS 1 :status=200\n"
            "DATA 1 \"y\"\n"
            "HEADERS 1 END_STREAM x-sum=1\n");
  EXPECT_EQ(TakeEvents(), "0 complete\n");
  EXPECT_EQ(Stat("trailers"), 1u);
}

}  // namespace
}  // namespace sluice
