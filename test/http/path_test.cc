#include "source/http/path.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice {
namespace {

constexpr PathRules kNormalize{.normalize = true};
constexpr PathRules kMerge{.merge_slashes = true};

std::string Apply(absl::string_view target, const PathRules& rules) {
  Arena arena;
  absl::string_view out;
  switch (ApplyPathRules(target, rules, arena, &out)) {
    case PathVerdict::kSame:
      return std::string(target);
    case PathVerdict::kChanged:
      EXPECT_NE(out, target);
      return std::string(out);
    case PathVerdict::kRedirect:
      return "redirect " + std::string(out);
    case PathVerdict::kRejected:
      return "rejected";
  }
  return "";
}

TEST(Path, DotSegments) {
  EXPECT_EQ(Apply("/a/b/c/./../../g", kNormalize), "/a/g");  // RFC 3986 section 5.2.4
  EXPECT_EQ(Apply("/a/..", kNormalize), "/");
  EXPECT_EQ(Apply("/a/../", kNormalize), "/");
  EXPECT_EQ(Apply("/a/.", kNormalize), "/a/");
  EXPECT_EQ(Apply("/..", kNormalize), "/");
  EXPECT_EQ(Apply("/../../a", kNormalize), "/a");
  EXPECT_EQ(Apply("/...", kNormalize), "/...");
  EXPECT_EQ(Apply("/a//../b", kNormalize), "/a/b");
  EXPECT_EQ(Apply("/.a/b.", kNormalize), "/.a/b.");
  EXPECT_EQ(Apply("//..//a", kNormalize), "//a");
}

TEST(Path, EscapedDotsAreDots) {
  EXPECT_EQ(Apply("/a/%2e%2E/b", kNormalize), "/b");
  EXPECT_EQ(Apply("/a/.%2e/b", kNormalize), "/b");
  EXPECT_EQ(Apply("/a/%2e", kNormalize), "/a/");
  // Once: a second decoding is what attackers hope for.
  EXPECT_EQ(Apply("/a/%252e%252e/b", kNormalize), "/a/%252e%252e/b");
}

TEST(Path, UnreservedBytesAreDecodedAndOthersAreNot) {
  EXPECT_EQ(Apply("/%41%62%7e%2d", kNormalize), "/Ab~-");
  EXPECT_EQ(Apply("/%20%2f%3f%25%e9", kNormalize), "/%20%2f%3f%25%e9");
  EXPECT_EQ(Apply("/%zz%4", {}), "/%zz%4");
}

TEST(Path, BackslashIsASlash) {
  EXPECT_EQ(Apply("/a\\..\\b", kNormalize), "/b");
  EXPECT_EQ(Apply("/a\\b", {}), "/a\\b");
}

TEST(Path, EscapedNulAndBrokenEscapesAreRejected) {
  for (const char* bad : {"/a%00b", "/%", "/%4", "/%zz", "/%4z", "/%%41", "/a%"}) {
    EXPECT_EQ(Apply(bad, kNormalize), "rejected") << bad;
  }
  EXPECT_EQ(Apply("/a?%", kNormalize), "/a?%");
}

TEST(Path, MergeSlashes) {
  EXPECT_EQ(Apply("//a///b//", kMerge), "/a/b/");
  EXPECT_EQ(Apply("/a/b", kMerge), "/a/b");
  EXPECT_EQ(Apply("/a//../b", {.normalize = true, .merge_slashes = true}), "/a/b");
}

TEST(Path, EscapedSlashes) {
  const auto with = [](EscapedSlashes action) { return PathRules{.escaped_slashes = action}; };
  EXPECT_EQ(Apply("/a%2Fb", with(EscapedSlashes::kKeep)), "/a%2Fb");
  EXPECT_EQ(Apply("/a%2Fb", with(EscapedSlashes::kReject)), "rejected");
  EXPECT_EQ(Apply("/a%5cb", with(EscapedSlashes::kReject)), "rejected");
  EXPECT_EQ(Apply("/ab", with(EscapedSlashes::kReject)), "/ab");
  EXPECT_EQ(Apply("/a%2fb%5C", with(EscapedSlashes::kUnescapeAndForward)), "/a/b\\");
  EXPECT_EQ(Apply("/a%2Fb?c%2Fd", with(EscapedSlashes::kUnescapeAndRedirect)),
            "redirect /a/b?c%2Fd");
  EXPECT_EQ(Apply("/a", with(EscapedSlashes::kUnescapeAndRedirect)), "/a");
}

// Slashes are unescaped before dot segments are removed, as a backend that unescapes would see
// them.
TEST(Path, OrderOfRules) {
  EXPECT_EQ(Apply("/a%2f..%5cb//c", {.normalize = true,
                                     .merge_slashes = true,
                                     .escaped_slashes = EscapedSlashes::kUnescapeAndForward}),
            "/b/c");
}

TEST(Path, QueryIsNotTouched) {
  EXPECT_EQ(Apply("/a/../b?c=/../%41//", {.normalize = true, .merge_slashes = true}),
            "/b?c=/../%41//");
  EXPECT_EQ(Apply("/?/..", kNormalize), "/?/..");
}

TEST(Path, OtherForms) {
  EXPECT_EQ(Apply("*", kNormalize), "*");
  EXPECT_EQ(Apply("", kNormalize), "");
}

TEST(Path, Split) {
  EXPECT_EQ(SplitPathAndQuery("/a?b?c").path, "/a");
  EXPECT_EQ(SplitPathAndQuery("/a?b?c").query, "?b?c");
  EXPECT_EQ(SplitPathAndQuery("/a").path, "/a");
  EXPECT_EQ(SplitPathAndQuery("/a").query, "");
}

}  // namespace
}  // namespace sluice
