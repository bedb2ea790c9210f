#include "source/http/date.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice {
namespace {

std::string Format(int64_t seconds) {
  char text[kHttpDateSize];
  FormatHttpDate(seconds, text);
  return {text, kHttpDateSize};
}

TEST(Date, Format) {
  EXPECT_EQ(Format(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");  // the RFC's own
  EXPECT_EQ(Format(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(Format(951827696), "Tue, 29 Feb 2000 12:34:56 GMT");
  EXPECT_EQ(Format(4102444799), "Thu, 31 Dec 2099 23:59:59 GMT");
}

TEST(Date, TextChangesWithTheSecond) {
  DateText date;
  const WallTime start{std::chrono::seconds(784111777)};
  EXPECT_EQ(date.At(start), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date.At(start + std::chrono::milliseconds(999)), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date.At(start + std::chrono::seconds(1)), "Sun, 06 Nov 1994 08:49:38 GMT");
}

}  // namespace
}  // namespace sluice
