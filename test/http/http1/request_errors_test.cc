// Requests that are refused, each before any stream hears of it: what two parsers may read in two
// ways.

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/harness/codec_tester.h"

namespace sluice {
namespace {

struct Refused {
  const char* bytes;
  CodecError error;
};

void ExpectAll(std::initializer_list<Refused> cases) {
  for (const Refused& refused : cases) {
    CodecTester().ExpectRequestError(refused.bytes, refused.error);
    if (testing::Test::HasFailure()) return;
  }
}

TEST(Http1RequestErrors, StartLine) {
  ExpectAll({
      {"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", CodecError::kBadMethod},
      {"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", CodecError::kBadMethod},
      {" GET / HTTP/1.1\r\nHost: a\r\n\r\n", CodecError::kBadMethod},
      {"get / HTTP/1.1\r\nHost: a\r\n\r\n", CodecError::kBadMethod},
      {"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", CodecError::kBadMethod},
      {"GE\tT / HTTP/1.1\r\nHost: a\r\n\r\n", CodecError::kBadMethod},
      {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA / HTTP/1.1\r\n\r\n", CodecError::kBadMethod},
      {"\x16\x03\x01\x02", CodecError::kBadMethod},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", CodecError::kBadMethod},
      {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", CodecError::kBadTarget},
      {"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", CodecError::kBadMethod},
      {"GET /\r\n\r\n", CodecError::kBadStartLine},
      {"GET /\n\n", CodecError::kBadStartLine},
      {"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", CodecError::kBadStartLine},
      {"GET /  HTTP/1.1\r\nHost: a\r\n\r\n", CodecError::kBadVersion},
      {"GET / HTTP/1.1\nHost: a\r\n\r\n", CodecError::kBareCrOrLf},
      {"GET / HTTP/1.1\rHost: a\r\n\r\n", CodecError::kBareCrOrLf},
  });
}

TEST(Http1RequestErrors, Version) {
  ExpectAll({
      {"GET / http/1.1\r\nHost: a\r\n\r\n", CodecError::kBadVersion},
      {"GET / HTTP/1.2\r\nHost: a\r\n\r\n", CodecError::kBadVersion},
      {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", CodecError::kBadVersion},
      {"GET / HTTP/0.9\r\nHost: a\r\n\r\n", CodecError::kBadVersion},
      {"GET / HTTP/11\r\nHost: a\r\n\r\n", CodecError::kBadVersion},
      {"GET / HTTP/1.10\r\nHost: a\r\n\r\n", CodecError::kBadStartLine},
      {"GET / HTTP/01.1\r\nHost: a\r\n\r\n", CodecError::kBadVersion},
      {"GET / HTTP/1,1\r\nHost: a\r\n\r\n", CodecError::kBadVersion},
      {"GET / HTPP/1.1\r\nHost: a\r\n\r\n", CodecError::kBadVersion},
      {"GET / HTTP/1.0\r\nHost: a\r\n\r\n", CodecError::kUnsupportedVersion},
  });
}

TEST(Http1RequestErrors, Target) {
  ExpectAll({
      {"GET a HTTP/1.1\r\nHost: a\r\n\r\n", CodecError::kBadTarget},
      {"GET ?a HTTP/1.1\r\nHost: a\r\n\r\n", CodecError::kBadTarget},
      {"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", CodecError::kBadTarget},
      {"GET /a\x01"
       "b HTTP/1.1\r\nHost: a\r\n\r\n",
       CodecError::kBadTarget},
      {"GET /a\x7f HTTP/1.1\r\nHost: a\r\n\r\n", CodecError::kBadTarget},
      {"GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", CodecError::kBadTarget},
      {"GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n", CodecError::kBadTarget},
      {"GET * HTTP/1.1\r\nHost: a\r\n\r\n", CodecError::kBadTarget},
      {"GET b:80 HTTP/1.1\r\nHost: a\r\n\r\n", CodecError::kBadTarget},
      {"GET ftp://b/ HTTP/1.1\r\nHost: a\r\n\r\n", CodecError::kBadTarget},
      {"GET http:/// HTTP/1.1\r\nHost: a\r\n\r\n", CodecError::kBadTarget},
      {"GET http://u@b/ HTTP/1.1\r\nHost: a\r\n\r\n", CodecError::kBadTarget},
      {"GET http://b:x/ HTTP/1.1\r\nHost: a\r\n\r\n", CodecError::kBadTarget},
      {"CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n", CodecError::kBadTarget},
      {"CONNECT b HTTP/1.1\r\nHost: b\r\n\r\n", CodecError::kBadTarget},
      {"CONNECT b:99999 HTTP/1.1\r\nHost: b\r\n\r\n", CodecError::kBadTarget},
  });
  CodecTester tester;
  tester.options.allow_absolute_url = false;
  tester.ExpectRequestError("GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", CodecError::kBadTarget);
}

TEST(Http1RequestErrors, NulAnywhere) {
  const std::string head = "GET /abc HTTP/1.1\r\nHost: a\r\nX-Name: value\r\n\r\n";
  for (size_t i = 0; i < head.size(); ++i) {
    std::string bytes = head;
    bytes[i] = '\0';
    const std::string text = CodecTester().RunServer({bytes});
    EXPECT_EQ(text.find("head"), std::string::npos) << i;
    EXPECT_NE(text.find("error"), std::string::npos) << i;
  }
}

TEST(Http1RequestErrors, FieldLines) {
  ExpectAll({
      {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", CodecError::kBadHeaderName},
      {"GET / HTTP/1.1\r\nHost\t: a\r\n\r\n", CodecError::kBadHeaderName},
      {"GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", CodecError::kBadHeaderName},
      {"GET / HTTP/1.1\r\nHost: a\r\n:path: /b\r\n\r\n", CodecError::kBadHeaderName},
      {"GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", CodecError::kBadHeaderName},
      {"GET / HTTP/1.1\r\nHost: a\r\nX Y: b\r\n\r\n", CodecError::kBadHeaderName},
      {"GET / HTTP/1.1\r\nHost: a\r\n(x): b\r\n\r\n", CodecError::kBadHeaderName},
      {"GET / HTTP/1.1\r\nHost: a\r\nX\xe9: b\r\n\r\n", CodecError::kBadHeaderName},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", CodecError::kObsoleteFold},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n\tc\r\n\r\n", CodecError::kObsoleteFold},
      {"GET / HTTP/1.1\r\n Host: a\r\n\r\n", CodecError::kObsoleteFold},
      {"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", CodecError::kBareCrOrLf},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: b\rY: c\r\n\r\n", CodecError::kBareCrOrLf},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\r\n\r\n", CodecError::kBareCrOrLf},
      {"GET / HTTP/1.1\r\nHost: a\r\n\n", CodecError::kBareCrOrLf},
      {"GET / HTTP/1.1\r\nHost: a\r\n\rX", CodecError::kBareCrOrLf},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n", CodecError::kBadHeaderValue},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: a\x7f\r\n\r\n", CodecError::kBadHeaderValue},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: a\x0b\r\n\r\n", CodecError::kBadHeaderValue},
  });
}

TEST(Http1RequestErrors, Host) {
  ExpectAll({
      {"GET / HTTP/1.1\r\n\r\n", CodecError::kBadHost},
      {"GET / HTTP/1.1\r\nHost:\r\n\r\n", CodecError::kBadHost},
      {"GET http://b/ HTTP/1.1\r\n\r\n", CodecError::kBadHost},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", CodecError::kBadHost},
      {"GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n", CodecError::kBadHost},
      {"GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n", CodecError::kBadHost},
      {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", CodecError::kBadHost},
      {"GET / HTTP/1.1\r\nHost: a,b/\r\n\r\n", CodecError::kBadHost},
      {"GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", CodecError::kBadHost},
      {"GET / HTTP/1.1\r\nHost: a:+80\r\n\r\n", CodecError::kBadHost},
      {"GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", CodecError::kBadHost},
      {"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", CodecError::kBadHost},
      {"GET / HTTP/1.1\r\nHost: a\xc3\xa9\r\n\r\n", CodecError::kBadHost},
  });
  CodecTester().Accept10().ExpectRequestError("GET / HTTP/1.0\r\n\r\n", CodecError::kBadHost);
}

TEST(Http1RequestErrors, ContentLength) {
  for (const char* value : {"+5", "-5", "5 5", "5,5", "5, 5", "0x5", "5a", "", "1_0", "5\t5",
                            "9223372036854775808", "99999999999999999999999", "\xef\xbc\x95"}) {
    CodecTester().ExpectRequestError(
        absl::StrCat("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ", value, "\r\n\r\nhello"),
        CodecError::kBadContentLength);
  }
  ExpectAll({
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
       CodecError::kBadContentLength},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
       CodecError::kBadContentLength},
  });
}

TEST(Http1RequestErrors, TransferEncoding) {
  for (const char* value : {"gzip", "chunked, gzip", "gzip, chunked", "chunked, chunked",
                            "xchunked", "chunked;q=1", "identity", "", "\"chunked\"", "chunked,"}) {
    CodecTester().ExpectRequestError(
        absl::StrCat("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ", value, "\r\n\r\n"),
        CodecError::kBadTransferEncoding);
  }
  ExpectAll({
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
       "chunked\r\n\r\n",
       CodecError::kBadTransferEncoding},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\x0b chunked\r\n\r\n",
       CodecError::kBadHeaderValue},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n",
       CodecError::kBadHeaderName},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
       CodecError::kConflictingFraming},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
       CodecError::kConflictingFraming},
      {"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nContent-Length: 5\r\n\r\n",
       CodecError::kConflictingFraming},
      {"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nTransfer-Encoding: chunked\r\n\r\n",
       CodecError::kConflictingFraming},
  });
  CodecTester().Accept10().ExpectRequestError(
      "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
      CodecError::kBadTransferEncoding);
}

TEST(Http1RequestErrors, ErrorAfterAGoodRequestSparesTheGoodOne) {
  CodecTester().ExpectRequest("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/9.9\r\nHost: a\r\n\r\n",
                              R"(
    head :method=GET :path=/ :authority=a
    end
    complete
    error BadVersion
    close)");
}

TEST(Http1RequestErrors, Limits) {
  CodecTester tester;
  tester.limits.headers_bytes_max = 100;
  tester.limits.headers_count_max = 3;
  tester.limits.target_bytes_max = 20;
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\n";  // 25 bytes
  // Exactly at each limit.
  EXPECT_EQ(
      tester.RunServer({absl::StrCat(start, "X: ", std::string(68, 'x'), "\r\n\r\n")}).substr(0, 4),
      "head");
  tester.ExpectRequestError(absl::StrCat(start, "X: ", std::string(69, 'x'), "\r\n\r\n"),
                            CodecError::kHeadersTooLarge);
  tester.ExpectRequestError(absl::StrCat(start, "X: ", std::string(6900, 'x')),
                            CodecError::kHeadersTooLarge);
  tester.ExpectRequest(absl::StrCat(start, "X: 1\r\nY: 2\r\n\r\n"), R"(
    head :method=GET :path=/ :authority=a x=1 y=2
    end
    complete)");
  tester.ExpectRequestError(absl::StrCat(start, "X: 1\r\nY: 2\r\nZ: 3\r\n\r\n"),
                            CodecError::kTooManyHeaders);
  tester.ExpectRequest(absl::StrCat("GET /", std::string(19, 'a'), " HTTP/1.1\r\nHost: a\r\n\r\n"),
                       absl::StrCat("head :method=GET :path=/", std::string(19, 'a'),
                                    " :authority=a\nend\ncomplete"));
  tester.ExpectRequestError(
      absl::StrCat("GET /", std::string(20, 'a'), " HTTP/1.1\r\nHost: a\r\n\r\n"),
      CodecError::kTargetTooLong);
  tester.ExpectRequestError(absl::StrCat("GET /", std::string(2000, 'a')),
                            CodecError::kTargetTooLong);
}

}  // namespace
}  // namespace sluice
