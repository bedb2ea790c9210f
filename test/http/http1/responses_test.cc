// Responses as the client's codec reads them (RFC 9112 section 6.3), and those it refuses.

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/harness/codec_tester.h"

namespace sluice {
namespace {

TEST(Http1Responses, ContentLength) {
  CodecTester().ExpectResponse("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nServer: x\r\n\r\nhi", R"(
    head :status=200 content-length=2 server=x
    data "hi"
    end
    complete)");
}

TEST(Http1Responses, SeveralOnOneConnection) {
  CodecTester tester;
  tester.requests = 2;
  EXPECT_EQ(tester.RunClient({"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
                              "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"}),
            "head :status=200 content-length=2\ndata \"hi\"\nend\ncomplete\n"
            "head :status=404 content-length=0\nend\ncomplete\n");
}

TEST(Http1Responses, ReasonMayBeAnythingOrMissing) {
  for (const char* line : {"HTTP/1.1 299 \xc3\xa9 a\tb", "HTTP/1.1 299 ", "HTTP/1.1 299"}) {
    CodecTester().ExpectResponse(absl::StrCat(line, "\r\nContent-Length: 0\r\n\r\n"), R"(
    head :status=299 content-length=0
    end
    complete)");
  }
}

TEST(Http1Responses, Chunked) {
  CodecTester().Trailers().ExpectResponse(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n", R"(
    head :status=200 transfer-encoding=chunked
    data "abc"
    trailers x=y
    end
    complete)");
}

TEST(Http1Responses, UntilClose) {
  CodecTester().ThenEnd().ExpectResponse("HTTP/1.1 200 OK\r\n\r\nabc", R"(
    head :status=200
    data "abc"
    end
    complete
    close)");
  CodecTester().ThenEnd().ExpectResponse("HTTP/1.1 200 OK\r\n\r\n", R"(
    head :status=200
    end
    complete
    close)");
}

TEST(Http1Responses, NoBodyWhateverTheFieldsSay) {
  for (const char* fields :
       {"Content-Length: 9\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n", "\r\n"}) {
    CodecTester tester;
    const std::string text =
        tester.Method("HEAD").RunClient({absl::StrCat("HTTP/1.1 200 OK\r\n", fields)});
    EXPECT_NE(text.find("end\ncomplete\n"), std::string::npos) << fields << text;
    EXPECT_EQ(text.find("close"), std::string::npos) << fields << text;
  }
  CodecTester().ExpectResponse("HTTP/1.1 204 No Content\r\n\r\n",
                               "head :status=204\nend\ncomplete");
  CodecTester().ExpectResponse("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
                               "head :status=204\nend\ncomplete");
  CodecTester().ExpectResponse("HTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n",
                               "head :status=304 content-length=9\nend\ncomplete");
}

TEST(Http1Responses, Informational) {
  CodecTester().ExpectResponse(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
      R"(
    informational :status=100
    informational :status=103 link=a
    head :status=200 content-length=0
    end
    complete)");
}

TEST(Http1Responses, WhatFollowsASwitchIsTheTunnels) {
  CodecTester().AskUpgrade().ExpectResponse(
      "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x01x", R"(
    head :status=101 upgrade=websocket connection=Upgrade
    data "\x81\x01x")");
  CodecTester().AskUpgrade().ExpectResponse("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno", R"(
    head :status=403 content-length=2
    data "no"
    end
    complete)");
  CodecTester().ExpectResponseError("HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n",
                                    CodecError::kBadStatus);
}

TEST(Http1Responses, ConnectAnswersOpenATunnel) {
  CodecTester().Method("CONNECT").ExpectResponse(
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nbytes", R"(
    head :status=200
    data "bytes")");
  CodecTester().Method("CONNECT").ExpectResponseError(
      "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
      CodecError::kBadStatus);
  CodecTester().Method("CONNECT").ExpectResponse("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno",
                                                 R"(
    head :status=403 content-length=2
    data "no"
    end
    complete)");
}

TEST(Http1Responses, Persistence) {
  CodecTester().ExpectResponse("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                               R"(
    head :status=200 content-length=0 connection=close
    end
    complete
    close)");
  CodecTester().ExpectResponse("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", R"(
    head :status=200 content-length=0
    end
    complete
    close)");
  CodecTester().ExpectResponse(
      "HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n", R"(
    head :status=200 content-length=0 connection=keep-alive
    end
    complete)");
}

TEST(Http1Responses, BytesThatNobodyAskedFor) {
  CodecTester().ExpectResponse(
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
      R"(
    head :status=200 content-length=0
    end
    complete
    error UnexpectedMessage
    close)");
  CodecTester idle;
  idle.requests = 0;
  idle.ExpectResponse("HTTP/1.1 408 Late\r\n\r\n", "error UnexpectedMessage\nclose");
}

TEST(Http1Responses, StatusLineErrors) {
  for (const char* line : {"HTTP/1.1  200 OK", "HTTP/1.1 2000 OK", "HTTP/1.1 20 OK",
                           "HTTP/1.1 099 OK", "HTTP/1.1 -20 OK", "HTTP/1.1 20x OK"}) {
    CodecTester().ExpectResponseError(absl::StrCat(line, "\r\nContent-Length: 0\r\n\r\n"),
                                      CodecError::kBadStatus);
  }
  for (const char* line :
       {"HTTP/2.0 200 OK", "http/1.1 200 OK", "ICY 200 OK", "HTTP/1.2 200 OK", "\r\nHTTP"}) {
    CodecTester().ExpectResponseError(absl::StrCat(line, "\r\nContent-Length: 0\r\n\r\n"),
                                      CodecError::kBadVersion);
  }
  CodecTester().ExpectResponseError("HTTP/1.1\t200 OK\r\n\r\n", CodecError::kBadStartLine);
  CodecTester().ExpectResponseError("HTTP/1.1 200 O\x01K\r\n\r\n", CodecError::kBadStartLine);
  CodecTester().ExpectResponseError("HTTP/1.1 200 OK\nA: b\r\n\r\n", CodecError::kBareCrOrLf);
}

TEST(Http1Responses, BrokenFraming) {
  const auto refuse = [](absl::string_view fields, CodecError error) {
    CodecTester().ExpectResponseError(absl::StrCat("HTTP/1.1 200 OK\r\n", fields, "\r\n\r\n"),
                                      error);
  };
  refuse("Content-Length: 1\r\nContent-Length: 2", CodecError::kBadContentLength);
  refuse("Content-Length: 1, 1", CodecError::kBadContentLength);
  refuse("Content-Length: +1", CodecError::kBadContentLength);
  refuse("Transfer-Encoding: gzip", CodecError::kBadTransferEncoding);
  refuse("Content-Length: 1\r\nTransfer-Encoding: chunked", CodecError::kConflictingFraming);
  refuse("A: b\r\n c", CodecError::kObsoleteFold);
  refuse("A : b", CodecError::kBadHeaderName);
  refuse("A: b\rc", CodecError::kBareCrOrLf);
  CodecTester().ExpectResponseError("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                                    CodecError::kBadTransferEncoding);
  CodecTester().ExpectResponseError("HTTP/1.1 204 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                                    CodecError::kBadTransferEncoding);
  CodecTester().ExpectResponseError("HTTP/1.1 204 OK\r\nContent-Length: 1\r\n\r\n",
                                    CodecError::kBadContentLength);
  CodecTester().ExpectResponseError("HTTP/1.1 100 OK\r\nContent-Length: 1\r\n\r\n",
                                    CodecError::kBadContentLength);
}

TEST(Http1Responses, CutShort) {
  CodecTester().ThenEnd().ExpectResponseError("", CodecError::kUnexpectedEnd);
  CodecTester().ThenEnd().ExpectResponseError("HTTP/1.1 200 OK\r\nA:", CodecError::kUnexpectedEnd);
  CodecTester().ThenEnd().ExpectResponse("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi", R"(
    head :status=200 content-length=5
    data "hi"
    reset connection
    error UnexpectedEnd
    close)");
  CodecTester().ThenEnd().ExpectResponse(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", R"(
    head :status=200 transfer-encoding=chunked
    data "hi"
    reset connection
    error UnexpectedEnd
    close)");
}

TEST(Http1Responses, InformationalResponsesAreCounted) {
  std::string bytes;
  for (int i = 0; i < 33; ++i) absl::StrAppend(&bytes, "HTTP/1.1 100 Continue\r\n\r\n");
  const std::string text = CodecTester().RunClient({bytes});
  EXPECT_NE(text.find("error UnexpectedMessage"), std::string::npos) << text;
}

TEST(Http1Responses, Limits) {
  CodecTester tester;
  tester.limits.headers_bytes_max = 40;
  tester.ExpectResponseError(
      absl::StrCat("HTTP/1.1 200 OK\r\nA: ", std::string(40, 'x'), "\r\n\r\n"),
      CodecError::kHeadersTooLarge);
  tester.limits.headers_count_max = 2;
  tester.ExpectResponseError("HTTP/1.1 200 OK\r\nA:1\r\nB:2\r\nC:3\r\n\r\n",
                             CodecError::kTooManyHeaders);
}

}  // namespace
}  // namespace sluice
