// Requests that are accepted, and what their receiver is told (RFC 9112).

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/harness/codec_tester.h"

namespace sluice {
namespace {

TEST(Http1Requests, PlainGet) {
  CodecTester().ExpectRequest("GET /a?b=c HTTP/1.1\r\nHost: a.example:80\r\nAccept: */*\r\n\r\n",
                              R"(
    head :method=GET :path=/a?b=c :authority=a.example:80 accept=*/*
    end
    complete)");
}

TEST(Http1Requests, NamesAreLowerCasedAndValuesTrimmed) {
  CodecTester().ExpectRequest(
      "GET / HTTP/1.1\r\nHOST: a\r\nX-Some-Unknown-NAME:  v 1\t \r\nUser-AGENT:x\r\nEmpty:\r\n"
      "X-ENVOY-IMMEDIATE-HEALTH-CHECK-FAIL: 1\r\nX-A-Name-That-Is-Longer-Than-Thirty-Two-Bytes: "
      "2\r\n\r\n",
      R"(
    head :method=GET :path=/ :authority=a x-some-unknown-name=v 1 user-agent=x empty= x-envoy-immediate-health-check-fail=1 x-a-name-that-is-longer-than-thirty-two-bytes=2
    end
    complete)");
}

TEST(Http1Requests, ObsTextAndTabInValues) {
  CodecTester().ExpectRequest("GET / HTTP/1.1\r\nHost: a\r\nX: a\tb\xc3\xa9\r\n\r\n", R"(
    head :method=GET :path=/ :authority=a x=a\tb\xc3\xa9
    end
    complete)");
}

TEST(Http1Requests, ContentLengthBody) {
  CodecTester().ExpectRequest("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", R"(
    head :method=POST :path=/ :authority=a content-length=5
    data "hello"
    end
    complete)");
}

TEST(Http1Requests, ZeroLengthHasNoBody) {
  CodecTester().ExpectRequest("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", R"(
    head :method=POST :path=/ :authority=a content-length=0
    end
    complete)");
}

TEST(Http1Requests, PostWithoutLengthHasNoBody) {
  CodecTester().ExpectRequest("POST / HTTP/1.1\r\nHost: a\r\n\r\n", R"(
    head :method=POST :path=/ :authority=a
    end
    complete)");
}

TEST(Http1Requests, ChunkedBody) {
  CodecTester().ExpectRequest(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
      "5\r\nhello\r\nA\r\n0123456789\r\n00\r\n\r\n",
      R"(
    head :method=POST :path=/ :authority=a transfer-encoding=Chunked
    data "hello0123456789"
    end
    complete)");
}

TEST(Http1Requests, ChunkExtensionsAreRead) {
  CodecTester().ExpectRequest(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "1;a\r\nx\r\n1;a=b;c=\"d;\\\"e\\r\";f\r\ny\r\n0;last\r\n\r\n",
      R"(
    head :method=POST :path=/ :authority=a transfer-encoding=chunked
    data "xy"
    end
    complete)");
}

TEST(Http1Requests, ChunkedNextToLengthWhenAllowed) {
  CodecTester().ChunkedLength().ExpectRequest(
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
      "1\r\nx\r\n0\r\n\r\n",
      R"(
    head :method=POST :path=/ :authority=a transfer-encoding=chunked
    data "x"
    end
    complete)");
}

TEST(Http1Requests, TrailersArePassedOnWhenEnabled) {
  constexpr char kBytes[] =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "1\r\nx\r\n0\r\nX-Sum: 1\r\nCookie: no\r\nGrpc-Status: 0\r\n\r\n";
  CodecTester().Trailers().ExpectRequest(kBytes, R"(
    head :method=POST :path=/ :authority=a transfer-encoding=chunked
    data "x"
    trailers x-sum=1 grpc-status=0
    end
    complete)");
  CodecTester().ExpectRequest(kBytes, R"(
    head :method=POST :path=/ :authority=a transfer-encoding=chunked
    data "x"
    end
    complete)");
}

TEST(Http1Requests, PipelinedRequestsComeOneAfterAnother) {
  CodecTester().ExpectRequest(
      "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
      "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nxy"
      "GET /3 HTTP/1.1\r\nHost: a\r\n\r\n",
      R"(
    head :method=GET :path=/1 :authority=a
    end
    complete
    head :method=POST :path=/2 :authority=a content-length=2
    data "xy"
    end
    complete
    head :method=GET :path=/3 :authority=a
    end
    complete)");
}

TEST(Http1Requests, OneEmptyLineBeforeEachRequestIsSkipped) {
  CodecTester().ExpectRequest(
      "\r\nGET /1 HTTP/1.1\r\nHost: a\r\n\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n", R"(
    head :method=GET :path=/1 :authority=a
    end
    complete
    head :method=GET :path=/2 :authority=a
    end
    complete)");
}

TEST(Http1Requests, ConnectionCloseEndsTheConnection) {
  CodecTester().ExpectRequest(
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: foo, Close\r\n\r\nGET /2 HTTP/1.1\r\nHost: "
      "a\r\n\r\n",
      R"(
    head :method=GET :path=/ :authority=a connection=foo, Close
    end
    complete
    close)");
}

TEST(Http1Requests, AbsoluteFormReplacesHost) {
  CodecTester().ExpectRequest("GET http://b.example/x HTTP/1.1\r\nHost: a\r\n\r\n", R"(
    head :method=GET :path=/x :authority=b.example :scheme=http
    end
    complete)");
  CodecTester().ExpectRequest("GET HTTPS://b:1?q HTTP/1.1\r\nHost: a\r\n\r\n", R"(
    head :method=GET :path=/?q :authority=b:1 :scheme=https
    end
    complete)");
  CodecTester().ExpectRequest("GET http://b HTTP/1.1\r\nHost: a\r\n\r\n", R"(
    head :method=GET :path=/ :authority=b :scheme=http
    end
    complete)");
  CodecTester().ExpectRequest("OPTIONS http://b HTTP/1.1\r\nHost: a\r\n\r\n", R"(
    head :method=OPTIONS :path=* :authority=b :scheme=http
    end
    complete)");
}

TEST(Http1Requests, AsteriskForm) {
  CodecTester().ExpectRequest("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", R"(
    head :method=OPTIONS :path=* :authority=a
    end
    complete)");
}

// A 200 to CONNECT makes a tunnel, whose bytes come as they are.
TEST(Http1Requests, ConnectHasAuthorityAndNoPath) {
  CodecTester().ExpectRequest("CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\nGET / HTTP/1.1\r\n", R"(
    head :method=CONNECT :authority=b:443
    data "GET / HTTP/1.1\r\n")");
}

TEST(Http1Requests, WhatFollowsAnUpgradeIsTheTunnels) {
  CodecTester().ExpectRequest(
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x01x", R"(
    head :method=GET :path=/ :authority=a connection=Upgrade upgrade=websocket
    data "\x81\x01x")");
}

TEST(Http1Requests, AnOfferOfH2cIsNoUpgrade) {
  CodecTester().ExpectRequest(
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", R"(
    head :method=GET :path=/ :authority=a connection=Upgrade upgrade=h2c
    end
    complete)");
}

// Where the body ends and the tunnel begins is for two parsers to differ about.
TEST(Http1Requests, AnUpgradeHasNoBody) {
  for (const char* framing : {"Content-Length: 1", "Transfer-Encoding: chunked"}) {
    CodecTester().ExpectRequest(
        absl::StrCat("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n",
                     framing, "\r\n\r\n"),
        "reset protocol error\nerror BodyDisallowed\nclose");
  }
}

TEST(Http1Requests, Http10WithAndWithoutKeepAlive) {
  CodecTester().Accept10().ExpectRequest("GET / HTTP/1.0\r\nHost: a\r\n\r\n", R"(
    head :method=GET :path=/ :authority=a
    end
    complete
    close)");
  CodecTester().Accept10().ExpectRequest(
      "GET / HTTP/1.0\r\nHost: a\r\nConnection: Keep-Alive\r\n\r\n", R"(
    head :method=GET :path=/ :authority=a connection=Keep-Alive
    end
    complete)");
}

TEST(Http1Requests, Http10DefaultHost) {
  CodecTester tester;
  tester.Accept10().options.default_host_for_http_10 = "default.example";
  tester.ExpectRequest("GET / HTTP/1.0\r\n\r\n", R"(
    head :method=GET :path=/ :authority=default.example
    end
    complete
    close)");
}

TEST(Http1Requests, PeerEndsBetweenRequests) {
  CodecTester().ThenEnd().ExpectRequest("GET / HTTP/1.1\r\nHost: a\r\n\r\n", R"(
    head :method=GET :path=/ :authority=a
    end
    complete
    close)");
  CodecTester().ThenEnd().ExpectRequest("", "close");
}

TEST(Http1Requests, PeerEndsInsideAMessage) {
  CodecTester().ThenEnd().ExpectRequest("GET / HTTP/1.1\r\nHo", "error UnexpectedEnd\nclose");
  CodecTester().ThenEnd().ExpectRequest(
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel", R"(
    head :method=POST :path=/ :authority=a content-length=5
    data "hel"
    reset connection
    error UnexpectedEnd
    close)");
  CodecTester().ThenEnd().ExpectRequest(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nA: b\r\n", R"(
    head :method=POST :path=/ :authority=a transfer-encoding=chunked
    data "x"
    reset connection
    error UnexpectedEnd
    close)");
}

}  // namespace
}  // namespace sluice
