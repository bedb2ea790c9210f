#include "source/upstream/health/payload_match.h"

#include "gtest/gtest.h"

namespace sluice {
namespace {

bool Found(const std::vector<std::string>& blocks, absl::string_view text, size_t bytes_max = 0) {
  PayloadMatch match(blocks, bytes_max);
  match.Take(text);
  return match.found();
}

TEST(PayloadMatch, BlocksAreFoundInOrderWhateverIsBetween) {
  EXPECT_TRUE(Found({"a", "b"}, "..a..b.."));
  EXPECT_TRUE(Found({"a", "b"}, "ab"));
  EXPECT_FALSE(Found({"a", "b"}, "..b..a.."));
  EXPECT_FALSE(Found({"a", "b"}, "..a.."));
}

TEST(PayloadMatch, BlocksDoNotOverlap) {
  EXPECT_FALSE(Found({"aba", "aba"}, "ababa"));
  EXPECT_TRUE(Found({"aba", "aba"}, "abaaba"));
}

TEST(PayloadMatch, OnlyTheFirstBytesAreLookedAt) {
  EXPECT_TRUE(Found({"end"}, "12end", 5));
  EXPECT_FALSE(Found({"end"}, "123end", 5));
}

TEST(PayloadMatch, NothingIsFoundInAnything) { EXPECT_TRUE(Found({}, "")); }

TEST(PayloadMatch, CutAnywhereTheResultIsTheSame) {
  const std::vector<std::string> blocks = {"aab", "bb", "c"};
  const std::string text = "aaab.aabbbb..bbc";
  for (size_t first = 0; first <= text.size(); ++first) {
    for (size_t second = first; second <= text.size(); ++second) {
      PayloadMatch match(blocks, 0);
      match.Take(absl::string_view(text).substr(0, first));
      match.Take(absl::string_view(text).substr(first, second - first));
      EXPECT_FALSE(match.found() && second < text.size());
      match.Take(absl::string_view(text).substr(second));
      EXPECT_TRUE(match.found()) << first << " " << second;
    }
  }
}

TEST(PayloadMatch, IsDecidedWhenAllIsFoundOrNothingMoreCounts) {
  const std::vector<std::string> blocks = {"abc"};
  PayloadMatch match(blocks, 4);
  match.Take("xab");
  EXPECT_FALSE(match.decided());
  match.Take("c");
  EXPECT_TRUE(match.found());
  PayloadMatch other(blocks, 4);
  other.Take("xxxx");
  EXPECT_TRUE(other.decided());
  other.Take("abc");
  EXPECT_FALSE(other.found());
}

}  // namespace
}  // namespace sluice
