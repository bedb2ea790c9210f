#include "source/base/json_text.h"

#include <limits>
#include <string>

#include "gtest/gtest.h"

namespace sluice {
namespace {

std::string String(absl::string_view text) {
  std::string out = "x";
  AppendJsonString(text, out);
  return out.substr(1);
}

std::string Number(double value) {
  std::string out;
  AppendJsonNumber(value, out);
  return out;
}

TEST(JsonText, EscapesWhatJsonForbids) {
  EXPECT_EQ(String(""), R"("")");
  EXPECT_EQ(String("a/b \"c\" \\"), R"("a/b \"c\" \\")");
  EXPECT_EQ(String(absl::string_view("\n\r\t\0\x1f\x7f", 6)), R"("\n\r\t\u0000\u001f\u007f")");
}

TEST(JsonText, KeepsUtf8AndReplacesWhatIsNot) {
  const std::string good = "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf";
  EXPECT_EQ(String(good), "\"" + good + "\"");
  const std::string replaced = "\xef\xbf\xbd";
  EXPECT_EQ(String("a\xff"
                   "b"),
            "\"a" + replaced + "b\"");
  for (absl::string_view bad : {"\xc3", "\xe2\x82", "\xc0\x80", "\xed\xa0\x80", "\xe0\x80\x80",
                                "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\x80"}) {
    std::string expected = "\"";
    for (size_t i = 0; i < bad.size(); ++i) expected += replaced;
    EXPECT_EQ(String(bad), expected + "\"");
  }
}

TEST(JsonText, NumbersAreShortAndNeverNotANumber) {
  EXPECT_EQ(Number(0), "0");
  EXPECT_EQ(Number(1.5), "1.5");
  EXPECT_EQ(Number(99.9), "99.9");
  EXPECT_EQ(Number(-3), "-3");
  EXPECT_EQ(Number(std::numeric_limits<double>::quiet_NaN()), "null");
  EXPECT_EQ(Number(std::numeric_limits<double>::infinity()), "null");
}

}  // namespace
}  // namespace sluice
