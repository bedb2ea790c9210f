// What the server's codec writes, byte for byte, and what becomes of its connection.

#include "absl/strings/str_cat.h"
#include "test/http/http1/codec_fixture.h"

namespace sluice {
namespace {

constexpr char kGet[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr char kPost[] = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n";

class ServerWriting : public CodecFixture {
 protected:
  void Ask(absl::string_view request) {
    if (codec_ == nullptr) MakeServer();
    ASSERT_EQ(Read(request), CodecError::kNone);
    ASSERT_EQ(codec_->open_streams(), 1u);
  }
};

TEST_F(ServerWriting, ContentLength) {
  Ask(kGet);
  Send({{":status", "200"}, {"content-length", "2"}, {"x-a", "b"}}, End::kNo);
  stream_->Give("hi", BodyState::kEnd);
  codec_stream_->BodyReady();
  EXPECT_EQ(Written(), "HTTP/1.1 200 OK\r\nx-a: b\r\ncontent-length: 2\r\n\r\nhi");
  EXPECT_EQ(stream_->completes_, 1);
  EXPECT_FALSE(codec_->must_close());
  EXPECT_EQ(codec_->open_streams(), 0u);
}

TEST_F(ServerWriting, ChunkedWhereNoLengthIsKnown) {
  Ask(kGet);
  Send({{":status", "404"}}, End::kNo);
  EXPECT_EQ(Written(), "HTTP/1.1 404 Not Found\r\ntransfer-encoding: chunked\r\n\r\n");
  stream_->Give("0123456789abcdefg", BodyState::kMore);
  codec_stream_->BodyReady();
  EXPECT_EQ(Written(10), "a\r\n0123456789\r\n7\r\nabcdefg\r\n");
  EXPECT_FALSE(codec_->wants_fill());
  stream_->Give("", BodyState::kEnd);
  codec_stream_->BodyReady();
  EXPECT_EQ(Written(), "0\r\n\r\n");
  EXPECT_EQ(stream_->completes_, 1);
  EXPECT_FALSE(codec_->must_close());
}

TEST_F(ServerWriting, TrailersWhenEnabled) {
  options_.enable_trailers = true;
  Ask(kGet);
  Send({{":status", "200"}}, End::kNo);
  stream_->out_trailers_.Add("grpc-status", "0");
  stream_->Give("x", BodyState::kTrailers);
  codec_stream_->BodyReady();
  EXPECT_EQ(
      Written(),
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\ngrpc-status: 0\r\n\r\n");
}

TEST_F(ServerWriting, TrailersAreDroppedElse) {
  Ask(kGet);
  Send({{":status", "200"}}, End::kNo);
  stream_->out_trailers_.Add("grpc-status", "0");
  stream_->Give("x", BodyState::kTrailers);
  codec_stream_->BodyReady();
  EXPECT_EQ(Written(), "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n");
}

TEST_F(ServerWriting, EmptyBodySaysZeroWhateverTheFieldsSay) {
  Ask(kGet);
  Send({{":status", "200"}, {"content-length", "9"}, {"transfer-encoding", "chunked"}}, End::kYes);
  EXPECT_EQ(Written(), "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
}

TEST_F(ServerWriting, FramingFieldsOfTheUserAreNotCopied) {
  Ask(kGet);
  Send(
      {{":status", "200"}, {"Transfer-Encoding", "gzip"}, {"Keep-Alive", "5"}, {"connection", "x"}},
      End::kNo);
  EXPECT_EQ(Written(), "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
}

TEST_F(ServerWriting, HeadHasTheLengthAndNoBody) {
  Ask("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  Send({{":status", "200"}, {"content-length", "5"}}, End::kNo);
  stream_->Give("hello", BodyState::kEnd);
  codec_stream_->BodyReady();
  EXPECT_EQ(Written(), "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n");
  EXPECT_EQ(stream_->completes_, 1);
  EXPECT_FALSE(codec_->must_close());
}

TEST_F(ServerWriting, NoContentHasNoLength) {
  Ask(kGet);
  Send({{":status", "204"}, {"content-length", "0"}}, End::kYes);
  EXPECT_EQ(Written(), "HTTP/1.1 204 No Content\r\n\r\n");
}

TEST_F(ServerWriting, NotModifiedKeepsTheLength) {
  Ask(kGet);
  Send({{":status", "304"}, {"content-length", "7"}}, End::kYes);
  EXPECT_EQ(Written(), "HTTP/1.1 304 Not Modified\r\ncontent-length: 7\r\n\r\n");
  EXPECT_FALSE(codec_->must_close());
}

TEST_F(ServerWriting, UnknownStatusHasNoReason) {
  Ask(kGet);
  Send({{":status", "299"}}, End::kYes);
  EXPECT_EQ(Written(), "HTTP/1.1 299 \r\ncontent-length: 0\r\n\r\n");
}

TEST_F(ServerWriting, InformationalComesFirst) {
  Ask("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(stream_->in_head_.Get(HeaderId::kExpect), "100-continue");
  SendInformational({{":status", "100"}});
  EXPECT_EQ(Written(), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(Read("xy"), CodecError::kNone);
  Send({{":status", "200"}}, End::kYes);
  EXPECT_EQ(Written(), "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
}

constexpr char kUpgrade[] =
    "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";

TEST_F(ServerWriting, SwitchingMakesATunnelWhoseBytesPassAsTheyAre) {
  Ask(absl::StrCat(kUpgrade, "early"));
  EXPECT_FALSE(stream_->ended_);
  EXPECT_EQ(stream_->body_, "") << "a tunnel's bytes wait for the answer";
  EXPECT_EQ(pauses_, 1);
  Send({{":status", "101"}, {"upgrade", "websocket"}, {"content-length", "5"}}, End::kNo);
  EXPECT_EQ(
      Written(),
      "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n");
  EXPECT_EQ(pauses_, 0);
  EXPECT_EQ(Read(" and late"), CodecError::kNone);
  EXPECT_EQ(stream_->body_, "early and late");
  stream_->Give("GET / HTTP/1.1\r\n\r\n", BodyState::kMore);
  codec_stream_->BodyReady();
  EXPECT_EQ(Written(), "GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(streams_.size(), 1u);
  EXPECT_TRUE(codec_->in_tunnel());
}

TEST_F(ServerWriting, ATunnelEndsWithBothOfItsDirections) {
  for (const bool client_first : {true, false}) {
    codec_ = nullptr;
    Ask(kUpgrade);
    Send({{":status", "101"}, {"upgrade", "websocket"}}, End::kNo);
    Written();
    const auto end_client = [this] {
      EXPECT_EQ(Read("", End::kYes), CodecError::kNone);
      EXPECT_TRUE(stream_->ended_);
    };
    if (client_first) end_client();
    EXPECT_FALSE(codec_->tunnel_out_ended());
    stream_->Give("last", BodyState::kEnd);
    codec_stream_->BodyReady();
    EXPECT_EQ(Written(), "last");
    if (!client_first) {
      EXPECT_TRUE(codec_->tunnel_out_ended());
      EXPECT_EQ(stream_->completes_, 0);
      EXPECT_FALSE(codec_->must_close());
      end_client();
    }
    EXPECT_EQ(stream_->completes_, 1);
    EXPECT_TRUE(codec_->must_close());
  }
}

TEST_F(ServerWriting, ARefusedUpgradeLeavesTheConnectionAsItWas) {
  Ask(kUpgrade);
  Send({{":status", "403"}}, End::kYes);
  EXPECT_EQ(Written(), "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
  EXPECT_EQ(stream_->completes_, 1);
  EXPECT_FALSE(codec_->must_close());
  Ask(kGet);
  EXPECT_EQ(streams_.size(), 2u);
}

TEST_F(ServerWriting, ARefusedUpgradeClosesWhereItsBytesHaveCome) {
  Ask(absl::StrCat(kUpgrade, kGet));
  Send({{":status", "403"}}, End::kYes);
  EXPECT_EQ(Written(), "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  EXPECT_TRUE(codec_->must_close());
  EXPECT_EQ(Read(kGet), CodecError::kNone);
  EXPECT_EQ(streams_.size(), 1u);
}

// Clients need not wait for the answer to CONNECT, so what comes next may be the tunnel's.
TEST_F(ServerWriting, ARefusedConnectCloses) {
  Ask("CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\n");
  Send({{":status", "403"}}, End::kYes);
  EXPECT_EQ(Written(), "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  EXPECT_TRUE(codec_->must_close());
}

TEST_F(ServerWriting, Http10) {
  options_.accept_http_10 = true;
  Ask("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
  SendInformational({{":status", "103"}});
  Send({{":status", "200"}, {"content-length", "1"}}, End::kNo);
  stream_->Give("x", BodyState::kEnd);
  codec_stream_->BodyReady();
  EXPECT_EQ(Written(), "HTTP/1.1 200 OK\r\ncontent-length: 1\r\nconnection: keep-alive\r\n\r\nx");
  EXPECT_FALSE(codec_->must_close());
}

TEST_F(ServerWriting, Http10WithoutLengthEndsByClose) {
  options_.accept_http_10 = true;
  Ask("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
  Send({{":status", "200"}}, End::kNo);
  stream_->Give("x", BodyState::kEnd);
  codec_stream_->BodyReady();
  EXPECT_EQ(Written(), "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nx");
  EXPECT_TRUE(codec_->must_close());
}

TEST_F(ServerWriting, CloseWhereClientUserOrDrainWantsIt) {
  Ask("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  Send({{":status", "200"}}, End::kYes);
  EXPECT_EQ(Written(), "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  EXPECT_TRUE(codec_->must_close());

  codec_ = nullptr;
  Ask(kGet);
  Send({{":status", "200"}, {"connection", "close"}}, End::kYes);
  EXPECT_EQ(Written(), "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  EXPECT_TRUE(codec_->must_close());

  codec_ = nullptr;
  Ask(kGet);
  codec_->StartDrain();
  EXPECT_FALSE(codec_->must_close());
  Send({{":status", "200"}}, End::kYes);
  EXPECT_EQ(Written(), "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  EXPECT_TRUE(codec_->must_close());
}

TEST_F(ServerWriting, EarlyResponseClosesAndItsRequestIsDropped) {
  Ask(kPost);
  ASSERT_EQ(Read("xy"), CodecError::kNone);
  Send({{":status", "413"}, {"content-length", "3"}}, End::kNo);
  stream_->Give("big", BodyState::kEnd);
  codec_stream_->BodyReady();
  EXPECT_EQ(Written(),
            "HTTP/1.1 413 Payload Too Large\r\ncontent-length: 3\r\nconnection: close\r\n\r\nbig");
  EXPECT_EQ(stream_->completes_, 1);
  EXPECT_TRUE(codec_->must_close());
  EXPECT_EQ(Read(absl::StrCat("zz", kGet)), CodecError::kNone);
  EXPECT_TRUE(in_.empty());
  EXPECT_EQ(streams_.size(), 1u);
  EXPECT_EQ(stream_->body_, "xy");
}

// The head is out before the request ends: no need to close if it does end.
TEST_F(ServerWriting, ResponseThatOverlapsItsRequest) {
  Ask(kPost);
  Send({{":status", "200"}}, End::kNo);
  EXPECT_EQ(Written(), "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
  ASSERT_EQ(Read("xyzw"), CodecError::kNone);
  EXPECT_TRUE(stream_->ended_);
  stream_->Give("", BodyState::kEnd);
  codec_stream_->BodyReady();
  EXPECT_EQ(Written(), "0\r\n\r\n");
  EXPECT_FALSE(codec_->must_close());
}

TEST_F(ServerWriting, PipelinedRequestWaitsAndPausesTheConnection) {
  Ask(absl::StrCat(kGet, kPost, "body", kGet));
  EXPECT_EQ(pauses_, 1);
  EXPECT_EQ(streams_.size(), 1u);
  Send({{":status", "200"}}, End::kYes);
  Written();
  EXPECT_EQ(pauses_, 0) << "the connection offers the rest again";
  EXPECT_EQ(codec_->Parse(in_, End::kNo), CodecError::kNone);
  EXPECT_EQ(streams_.size(), 2u);
  EXPECT_EQ(stream_->body_, "body");
  EXPECT_EQ(pauses_, 1);
  Send({{":status", "200"}}, End::kYes);
  Written();
  EXPECT_EQ(codec_->Parse(in_, End::kNo), CodecError::kNone);
  EXPECT_EQ(streams_.size(), 3u);
  EXPECT_EQ(pauses_, 0);
}

TEST_F(ServerWriting, PausedBodyStaysInTheBuffer) {
  Ask(kPost);
  codec_stream_->PauseReading();
  EXPECT_EQ(pauses_, 1);
  ASSERT_EQ(Read("xy"), CodecError::kNone);
  EXPECT_EQ(in_.size(), 2u);
  codec_stream_->ResumeReading();
  EXPECT_EQ(pauses_, 0);
  ASSERT_EQ(codec_->Parse(in_, End::kNo), CodecError::kNone);
  EXPECT_EQ(stream_->body_, "xy");
}

TEST_F(ServerWriting, EndWhilePausedIsFoundLater) {
  Ask(kPost);
  codec_stream_->PauseReading();
  ASSERT_EQ(Read("xyzw", End::kYes), CodecError::kNone);
  codec_stream_->ResumeReading();
  ASSERT_EQ(codec_->Parse(in_, End::kNo), CodecError::kNone);
  EXPECT_TRUE(stream_->ended_);
  EXPECT_EQ(stream_->resets_, 0);
}

TEST_F(ServerWriting, ResetReleasesThePauses) {
  Ask(absl::StrCat(kGet, kGet));
  codec_stream_->PauseReading();
  EXPECT_EQ(pauses_, 2);
  codec_stream_->Reset(ResetCode::kCancel);
  EXPECT_EQ(pauses_, 0);
  EXPECT_TRUE(codec_->must_close());
  EXPECT_EQ(codec_->open_streams(), 0u);
  EXPECT_EQ(stream_->resets_ + stream_->completes_, 0);
  EXPECT_EQ(codec_->Parse(in_, End::kNo), CodecError::kNone);
  EXPECT_EQ(streams_.size(), 1u);
}

TEST_F(ServerWriting, ResetFromInsideData) {
  MakeServer();
  Ask("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  stream_->reset_on_data_ = codec_stream_;
  EXPECT_EQ(Read("2\r\nxy\r\n0\r\nX: y\r\n"), CodecError::kNone);
  EXPECT_EQ(Read("\r\nGET /"), CodecError::kNone);
  EXPECT_EQ(stream_->body_, "xy");
  EXPECT_TRUE(in_.empty());
  EXPECT_TRUE(codec_->must_close());
}

TEST_F(ServerWriting, BodyLongerThanItsLengthIsCutOff) {
  Ask(kGet);
  Send({{":status", "200"}, {"content-length", "2"}}, End::kNo);
  EXPECT_EQ(Written(), "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n");
  stream_->Give("abc", BodyState::kEnd);
  codec_stream_->BodyReady();
  EXPECT_EQ(Written(), "");
  EXPECT_EQ(stream_->resets_, 1);
  EXPECT_TRUE(codec_->must_close());
}

TEST_F(ServerWriting, BodyShorterThanItsLengthIsReset) {
  Ask(kGet);
  Send({{":status", "200"}, {"content-length", "4"}}, End::kNo);
  stream_->Give("abc", BodyState::kEnd);
  codec_stream_->BodyReady();
  Written();
  EXPECT_EQ(stream_->resets_, 1);
  EXPECT_TRUE(codec_->must_close());
}

TEST_F(ServerWriting, ErrorReply) {
  MakeServer();
  EXPECT_EQ(Read("GET / HTTP/1.1\r\n\r\n"), CodecError::kBadHost);
  EXPECT_EQ(codec_->open_streams(), 0u);
  ScriptedStream reply;
  codec_stream_ = codec_->StartErrorReply(reply);
  ASSERT_NE(codec_stream_, nullptr);
  Send({{":status", "400"}, {"content-length", "3"}}, End::kNo);
  EXPECT_EQ(Read("more"), CodecError::kNone);
  reply.Give("bad", BodyState::kEnd);
  codec_stream_->BodyReady();
  EXPECT_EQ(Written(),
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 3\r\nconnection: close\r\n\r\nbad");
  EXPECT_EQ(reply.completes_, 1);
  EXPECT_TRUE(codec_->must_close());
  EXPECT_EQ(codec_->StartErrorReply(reply), nullptr);
}

// A response that had not begun gives way; one that had is cut short.
TEST_F(ServerWriting, ErrorReplyAfterABodyError) {
  Ask("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(Read("zz"), CodecError::kBadChunk);
  EXPECT_EQ(stream_->resets_, 1);
  ScriptedStream reply;
  ASSERT_NE(codec_->StartErrorReply(reply), nullptr);

  MakeServer();
  Ask("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  Send({{":status", "200"}}, End::kNo);
  EXPECT_NE(Written(), "");
  EXPECT_EQ(Read("zz"), CodecError::kBadChunk);
  EXPECT_EQ(codec_->StartErrorReply(reply), nullptr);
}

TEST_F(ServerWriting, SlowHeadIsVisibleAndCanBeAnswered) {
  MakeServer();
  EXPECT_FALSE(codec_->inside_head());
  Read("GET / HT");
  EXPECT_TRUE(codec_->inside_head());
  ScriptedStream reply;
  codec_stream_ = codec_->StartErrorReply(reply);
  ASSERT_NE(codec_stream_, nullptr);
  EXPECT_FALSE(codec_->inside_head());
  Send({{":status", "408"}}, End::kYes);
  EXPECT_EQ(Written(),
            "HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
}

TEST_F(ServerWriting, ProperCaseNames) {
  options_.proper_case_names = true;
  Ask(kGet);
  Send({{":status", "200"}, {"x-request-id", "b"}, {"etag", "c"}}, End::kYes);
  EXPECT_EQ(Written(),
            "HTTP/1.1 200 OK\r\nX-Request-Id: b\r\nEtag: c\r\nContent-Length: 0\r\n\r\n");
}

// More than a block holds.
TEST_F(ServerWriting, LargeHead) {
  Ask(kGet);
  const std::string value(20000, 'v');
  Send({{":status", "200"}, {"x-large", value}}, End::kYes);
  EXPECT_EQ(Written(),
            absl::StrCat("HTTP/1.1 200 OK\r\nx-large: ", value, "\r\ncontent-length: 0\r\n\r\n"));
}

}  // namespace
}  // namespace sluice
