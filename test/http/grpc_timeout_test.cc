#include "source/http/grpc_timeout.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(GrpcTimeout, EveryUnit) {
  EXPECT_EQ(ParseGrpcTimeout("1H"), std::chrono::hours(1));
  EXPECT_EQ(ParseGrpcTimeout("2M"), std::chrono::minutes(2));
  EXPECT_EQ(ParseGrpcTimeout("30S"), std::chrono::seconds(30));
  EXPECT_EQ(ParseGrpcTimeout("100m"), std::chrono::milliseconds(100));
  EXPECT_EQ(ParseGrpcTimeout("5u"), std::chrono::microseconds(5));
  EXPECT_EQ(ParseGrpcTimeout("99999999n"), std::chrono::nanoseconds(99999999));
  EXPECT_EQ(ParseGrpcTimeout("0S"), Duration(0));
  EXPECT_EQ(ParseGrpcTimeout("99999999H"), std::chrono::hours(24 * 365 * 100));
}

TEST(GrpcTimeout, NothingElse) {
  for (const char* text : {"", "1", "S", "1s", "1 S", "-1S", "+1S", "1.5S", "123456789m", "1SS"}) {
    EXPECT_EQ(ParseGrpcTimeout(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace sluice
