#include "test/harness/transcript.h"

namespace sluice {
namespace {

TEST(Transcript, IndentationAndOuterEmptyLinesDoNotCount) {
  Transcript transcript;
  transcript.Add("client ->", "GET ", "/me");
  transcript.Add("client <-", 200);
  EXPECT_TRUE(Matches(transcript, R"(
    client -> GET /me
    client <- 200
  )"));
  EXPECT_TRUE(Matches(transcript, "client -> GET /me\nclient <- 200"));
}

TEST(Transcript, SaysWhereItDiffers) {
  Transcript transcript;
  transcript.Add("client ->", "GET /me");
  transcript.Add("client <-", 503);
  const testing::AssertionResult result = Matches(transcript, R"(
    client -> GET /me
    client <- 200
    log       200
  )");
  EXPECT_FALSE(result);
  EXPECT_EQ(std::string(result.message()),
            "transcripts differ (- expected, + happened):\n"
            "    client -> GET /me\n"
            "  - client <- 200\n"
            "  + client <- 503\n"
            "  - log       200\n"
            "  + (nothing)\n");
}

TEST(Transcript, AMissingFileIsAFailure) {
  EXPECT_FALSE(MatchesFile(Transcript(), "test/harness/no_such.transcript"));
}

}  // namespace
}  // namespace sluice
