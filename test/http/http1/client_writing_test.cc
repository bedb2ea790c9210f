// What the client's codec writes, byte for byte, and when its connection may be used again.

#include "test/http/http1/codec_fixture.h"

namespace sluice {
namespace {

class ClientWriting : public CodecFixture {
 protected:
  ClientWriting() { MakeClient(); }
  static FieldList Request(absl::string_view method, FieldList more = {}) {
    FieldList fields = {
        {":method", method}, {":path", "/p?q"}, {":authority", "a.example"}, {":scheme", "http"}};
    fields.insert(fields.end(), more.begin(), more.end());
    return fields;
  }
};

TEST_F(ClientWriting, Get) {
  EXPECT_EQ(codec_->available_streams(), 1u);
  Start();
  EXPECT_EQ(codec_->available_streams(), 0u);
  Send(Request("GET", {{"accept", "*/*"}}), End::kYes);
  EXPECT_TRUE(codec_->wants_fill());
  EXPECT_EQ(Written(), "GET /p?q HTTP/1.1\r\nhost: a.example\r\naccept: */*\r\n\r\n");
  EXPECT_FALSE(codec_->wants_fill());
}

TEST_F(ClientWriting, LengthsOfEmptyRequests) {
  Start();
  Send(Request("POST"), End::kYes);
  EXPECT_EQ(Written(), "POST /p?q HTTP/1.1\r\nhost: a.example\r\ncontent-length: 0\r\n\r\n");
  MakeClient();
  Start();
  Send(Request("GET", {{"content-length", "7"}}), End::kYes);
  EXPECT_EQ(Written(), "GET /p?q HTTP/1.1\r\nhost: a.example\r\ncontent-length: 0\r\n\r\n");
}

TEST_F(ClientWriting, BodyByLength) {
  Start().Give("hello", BodyState::kEnd);
  Send(Request("PUT", {{"content-length", "5"}}), End::kNo);
  codec_stream_->BodyReady();
  EXPECT_EQ(Written(), "PUT /p?q HTTP/1.1\r\nhost: a.example\r\ncontent-length: 5\r\n\r\nhello");
}

TEST_F(ClientWriting, BodyInChunks) {
  Start().Give("hello", BodyState::kEnd);
  Send(
      Request("PUT", {{"transfer-encoding", "chunked"}, {"connection", "x-y"}, {"te", "trailers"}}),
      End::kNo);
  codec_stream_->BodyReady();
  EXPECT_EQ(Written(),
            "PUT /p?q HTTP/1.1\r\nhost: a.example\r\nte: trailers\r\n"
            "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
}

TEST_F(ClientWriting, Upgrade) {
  Start();
  Send(Request("GET", {{"upgrade", "websocket"}}), End::kYes);
  EXPECT_EQ(Written(),
            "GET /p?q HTTP/1.1\r\nhost: a.example\r\nupgrade: websocket\r\n"
            "connection: upgrade\r\n\r\n");
}

TEST_F(ClientWriting, Connect) {
  Start();
  Send({{":method", "CONNECT"}, {":authority", "b:443"}}, End::kNo);
  EXPECT_EQ(Written(), "CONNECT b:443 HTTP/1.1\r\nhost: b:443\r\n\r\n");
}

TEST_F(ClientWriting, ATunnelsBytesPassAsTheyAreUntilBothDirectionsHaveEnded) {
  for (const bool host_first : {true, false}) {
    codec_ = nullptr;
    MakeClient();
    Start();
    Send(Request("GET", {{"upgrade", "websocket"}}), End::kNo);
    Written();
    EXPECT_EQ(Read("HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhi"),
              CodecError::kNone);
    EXPECT_EQ(stream_->body_, "hi");
    stream_->Give("up", BodyState::kMore);
    codec_stream_->BodyReady();
    EXPECT_EQ(Written(), "up");
    if (host_first) {
      EXPECT_EQ(Read("", End::kYes), CodecError::kNone);
    }
    stream_->Give("", BodyState::kEnd);
    codec_stream_->BodyReady();
    EXPECT_EQ(Written(), "");
    EXPECT_EQ(stream_->completes_, host_first ? 1 : 0);
    if (!host_first) {
      EXPECT_TRUE(codec_->tunnel_out_ended());
      EXPECT_EQ(Read("", End::kYes), CodecError::kNone);
    }
    EXPECT_TRUE(stream_->ended_);
    EXPECT_EQ(stream_->completes_, 1);
    EXPECT_TRUE(codec_->must_close());
  }
}

TEST_F(ClientWriting, ConnectionIsReusedAfterBothAreDone) {
  Start();
  Send(Request("GET"), End::kYes);
  Written();
  EXPECT_EQ(Read("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), CodecError::kNone);
  EXPECT_EQ(stream_->completes_, 1);
  EXPECT_EQ(codec_->available_streams(), 1u);
  EXPECT_FALSE(codec_->must_close());
}

TEST_F(ClientWriting, EarlyResponseEndsTheConnection) {
  Start().Give("he", BodyState::kMore);
  Send(Request("POST", {{"content-length", "5"}}), End::kNo);
  codec_stream_->BodyReady();
  Written();
  EXPECT_EQ(Read("HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n"), CodecError::kNone);
  EXPECT_EQ(stream_->completes_, 1);
  EXPECT_TRUE(codec_->must_close());
  EXPECT_EQ(codec_->available_streams(), 0u);
  EXPECT_FALSE(codec_->wants_fill());
}

TEST_F(ClientWriting, AskedToClose) {
  Start();
  Send(Request("GET", {{"connection", "close"}}), End::kYes);
  EXPECT_EQ(Written(), "GET /p?q HTTP/1.1\r\nhost: a.example\r\nconnection: close\r\n\r\n");
  Read("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(codec_->must_close());
}

// It may have been meant for whoever used the connection before.
TEST_F(ClientWriting, ResponseBeforeTheRequestIsOutIsRefused) {
  Start();
  Send(Request("GET"), End::kYes);
  EXPECT_EQ(Read("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), CodecError::kUnexpectedMessage);
  EXPECT_EQ(stream_->resets_, 1);
  EXPECT_TRUE(codec_->must_close());
}

TEST_F(ClientWriting, ResetEndsTheConnection) {
  Start();
  Send(Request("GET"), End::kYes);
  codec_stream_->PauseReading();
  codec_stream_->Reset(ResetCode::kCancel);
  EXPECT_EQ(pauses_, 0);
  EXPECT_EQ(codec_->open_streams(), 0u);
  EXPECT_TRUE(codec_->must_close());
  EXPECT_EQ(stream_->resets_, 0);
  EXPECT_EQ(Read("HTTP/1.1 200 OK\r\n\r\n"), CodecError::kNone);
}

TEST_F(ClientWriting, BodyThatBreaksItsLength) {
  Start().Give("abc", BodyState::kEnd);
  Send(Request("PUT", {{"content-length", "5"}}), End::kNo);
  codec_stream_->BodyReady();
  Written();
  EXPECT_EQ(stream_->resets_, 1);
  EXPECT_TRUE(codec_->must_close());
}

TEST_F(ClientWriting, PausedResponseWaits) {
  Start();
  Send(Request("GET"), End::kYes);
  Written();
  Read("HTTP/1.1 200 OK\r\n\r\n");
  codec_stream_->PauseReading();
  EXPECT_EQ(Read("abc", End::kYes), CodecError::kNone);
  EXPECT_EQ(stream_->body_, "");
  EXPECT_FALSE(stream_->ended_);
  codec_stream_->ResumeReading();
  EXPECT_EQ(codec_->Parse(in_, End::kNo), CodecError::kNone);
  EXPECT_EQ(stream_->body_, "abc");
  EXPECT_TRUE(stream_->ended_);
  EXPECT_EQ(stream_->completes_, 1);
}

TEST_F(ClientWriting, DrainTakesNoNewStream) {
  codec_->StartDrain();
  EXPECT_EQ(codec_->available_streams(), 0u);
}

}  // namespace
}  // namespace sluice
