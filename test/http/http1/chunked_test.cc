// Chunked bodies that are refused (RFC 9112 section 7.1), and the limits of their framing.

#include "source/http/http1/chunked.h"

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/harness/codec_tester.h"

namespace sluice {
namespace {

constexpr char kHead[] = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
constexpr char kHeadEvent[] = "head :method=POST :path=/ :authority=a transfer-encoding=chunked\n";

// `data`: what the stream gets before the error.
void ExpectRefused(const CodecTester& tester, absl::string_view body, absl::string_view data,
                   CodecError error) {
  const std::string got =
      data.empty() ? "" : absl::StrCat("data \"", absl::CHexEscape(data), "\"\n");
  tester.ExpectRequest(absl::StrCat(kHead, body),
                       absl::StrCat(kHeadEvent, got, "reset protocol error\nerror ",
                                    CodecErrorName(error), "\nclose"));
}

TEST(Http1Chunked, SizesAreHexadecimalDigitsOnly) {
  for (const char* size :
       {"", "g", "+1", "-1", " 1", "1 ", "0x1", "1_0", "\t1", "1,", "ffffffffffffffff",
        "10000000000000000", "8000000000000000", "\xb1", "1h"}) {
    ExpectRefused(CodecTester(), absl::StrCat(size, "\r\nx\r\n0\r\n\r\n"), "",
                  CodecError::kBadChunk);
  }
}

TEST(Http1Chunked, LinesEndByCrLf) {
  ExpectRefused(CodecTester(), "1\nx\r\n0\r\n\r\n", "", CodecError::kBadChunk);
  ExpectRefused(CodecTester(), "1\rx\r\n0\r\n\r\n", "", CodecError::kBadChunk);
  ExpectRefused(CodecTester(), "1\r\r\nx\r\n0\r\n\r\n", "", CodecError::kBadChunk);
  ExpectRefused(CodecTester(), "1\r\nx\n0\r\n\r\n", "x", CodecError::kBadChunk);
  ExpectRefused(CodecTester(), "1\r\nxy\r\n0\r\n\r\n", "x", CodecError::kBadChunk);
  ExpectRefused(CodecTester(), "1\r\nx0\r\n\r\n", "x", CodecError::kBadChunk);
  ExpectRefused(CodecTester(), "1\r\nx\r0\r\n\r\n", "x", CodecError::kBadChunk);
  ExpectRefused(CodecTester(), "0\r\n\n", "", CodecError::kBareCrOrLf);
  ExpectRefused(CodecTester(), "0\r\n\rX", "", CodecError::kBareCrOrLf);
  ExpectRefused(CodecTester(), "0\n\r\n", "", CodecError::kBadChunk);
}

TEST(Http1Chunked, ExtensionsHaveTheirGrammar) {
  for (const char* extension :
       {";", " ;a", "; a", ";a ", ";a=", ";a=;b", ";a= b", ";a=\"b", ";a=\"b\"c", ";a\nb",
        ";a=\"\x01\"", ";a=\"b\n\"", ";a=\"\\\r\n\"", ";a=\x7f", ";=b", ";;a", ";a=b=c", ";\x80"}) {
    ExpectRefused(CodecTester(), absl::StrCat("1", extension, "\r\nx\r\n0\r\n\r\n"), "",
                  CodecError::kBadChunk);
  }
}

TEST(Http1Chunked, LineLengthIsLimited) {
  CodecTester tester;
  tester.limits.chunk_line_bytes_max = 16;
  tester.ExpectRequest(absl::StrCat(kHead, "1;", std::string(12, 'a'), "\r\nx\r\n0\r\n\r\n"),
                       absl::StrCat(kHeadEvent, "data \"x\"\nend\ncomplete"));
  ExpectRefused(tester, absl::StrCat("1;", std::string(13, 'a'), "\r\nx\r\n0\r\n\r\n"), "",
                CodecError::kBadChunk);
  ExpectRefused(tester, absl::StrCat(std::string(15, '0'), "1\r\nx\r\n0\r\n\r\n"), "",
                CodecError::kBadChunk);
}

TEST(Http1Chunked, TrailersAreValidatedEvenWhenDropped) {
  for (const bool enabled : {false, true}) {
    CodecTester tester;
    tester.options.enable_trailers = enabled;
    for (const char* name : {"Content-Length: 5", "Transfer-Encoding: chunked", "Host: b",
                             "Connection: close", "Upgrade: x", "TE: trailers", "Trailer: x"}) {
      ExpectRefused(tester, absl::StrCat("1\r\nx\r\n0\r\n", name, "\r\n\r\n"), "x",
                    CodecError::kBadTrailer);
    }
    ExpectRefused(tester, "0\r\nX : b\r\n\r\n", "", CodecError::kBadHeaderName);
    ExpectRefused(tester, "0\r\nX: b\r\n c\r\n\r\n", "", CodecError::kObsoleteFold);
    ExpectRefused(tester, "0\r\nX: b\nY: c\r\n\r\n", "", CodecError::kBareCrOrLf);
    ExpectRefused(tester, "0\r\n:path: b\r\n\r\n", "", CodecError::kBadHeaderName);
  }
}

TEST(Http1Chunked, TrailersAreLimited) {
  CodecTester tester;
  tester.limits.trailers_bytes_max = 30;
  tester.limits.headers_count_max = 3;
  ExpectRefused(tester, absl::StrCat("0\r\nX: ", std::string(40, 'a'), "\r\n\r\n"), "",
                CodecError::kHeadersTooLarge);
  ExpectRefused(tester, "0\r\nA:1\r\nB:2\r\nC:3\r\nD:4\r\n\r\n", "", CodecError::kTooManyHeaders);
}

// One byte in each chunk, in one read: the stream gets all of it, and the body's memory is bounded.
TEST(Http1Chunked, ManySmallChunks) {
  std::string body;
  for (int i = 0; i < 500; ++i) absl::StrAppend(&body, "1\r\nx\r\n");
  CodecTester().ExpectRequest(
      absl::StrCat(kHead, body, "0\r\n\r\n"),
      absl::StrCat(kHeadEvent, "data \"", std::string(500, 'x'), "\"\nend\ncomplete"));
}

TEST(Http1Chunked, ChunkHeads) {
  const auto head = [](uint64_t size) {
    char text[kChunkHeadMax];
    return std::string(text, WriteChunkHead(size, text));
  };
  EXPECT_EQ(head(0), "0\r\n");
  EXPECT_EQ(head(15), "f\r\n");
  EXPECT_EQ(head(16), "10\r\n");
  EXPECT_EQ(head(0x12345), "12345\r\n");
  EXPECT_EQ(head(UINT64_MAX), "ffffffffffffffff\r\n");
}

}  // namespace
}  // namespace sluice
