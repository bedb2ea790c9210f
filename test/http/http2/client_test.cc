#include "test/http/http2/codec_fixture.h"

namespace sluice {
namespace {

class Http2Client : public Http2CodecFixture {};

TEST_F(Http2Client, SaysPrefaceAndSettingsFirst) {
  MakeClient();
  const std::string wire = Wire();
  ASSERT_EQ(wire.substr(0, kH2Preface.size()), kH2Preface);
  EXPECT_EQ(describer_.Lines(absl::string_view(wire).substr(kH2Preface.size())),
            "SETTINGS 2=0 4=16777216 6=61440\n"
            "WINDOW_UPDATE 0 25100289\n");
}

TEST_F(Http2Client, AsksAndIsAnswered) {
  StartClient();
  Start({{":method", "GET"}, {":path", "/a"}, {":authority", "test"}, {"x-a", "1"}});
  EXPECT_EQ(Sent(),
            "HEADERS 1 END_STREAM :method=GET :scheme=http :path=/a :authority=test x-a=1\n");
  EXPECT_EQ(codec_->open_streams(), 1u);
  Receive(H2HeadersFrame(1, {{":status", "200"}}) + H2DataFrame(1, "hi", kH2EndStream));
  EXPECT_EQ(TakeEvents(),
            "0 head :status=200\n"
            "0 body \"hi\"\n"
            "0 end\n"
            "0 complete\n");
  EXPECT_EQ(codec_->open_streams(), 0u);
  EXPECT_GT(codec_->available_streams(), 0u);
}

TEST_F(Http2Client, SendsABody) {
  StartClient();
  H2TestStream& stream =
      Start({{":method", "POST"}, {":path", "/"}, {":authority", "test"}}, End::kNo);
  EXPECT_EQ(Sent(), "HEADERS 1 :method=POST :scheme=http :path=/ :authority=test\n");
  EXPECT_FALSE(codec_->wants_fill());
  stream.Give("body", BodyState::kEnd);
  EXPECT_TRUE(codec_->wants_fill());
  EXPECT_EQ(Sent(), "DATA 1 END_STREAM \"body\"\n");
  Receive(H2HeadersFrame(1, {{":status", "204"}}, kH2EndStream));
  EXPECT_EQ(TakeEvents(),
            "0 head :status=204\n"
            "0 end\n"
            "0 complete\n");
}

}  // namespace
}  // namespace sluice
