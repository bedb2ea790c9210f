#include "source/http/websocket/message_rate.h"

#include "gtest/gtest.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;

class MessageRateTest : public testing::Test {
 protected:
  // How many of `asked` at once it takes.
  int Taken(MessageRate& rate, int asked) {
    int taken = 0;
    for (int i = 0; i < asked; ++i) taken += rate.Take(now_);
    return taken;
  }
  MonotonicTime now_{std::chrono::hours(5)};
};

TEST_F(MessageRateTest, TakesTheBurstAtOnceAndThenSoManyInASecond) {
  MessageRate rate(10, 5);
  EXPECT_EQ(Taken(rate, 8), 5);
  now_ += milliseconds(99);
  EXPECT_EQ(Taken(rate, 1), 0);
  now_ += milliseconds(1);
  EXPECT_EQ(Taken(rate, 2), 1);
  now_ += milliseconds(300);
  EXPECT_EQ(Taken(rate, 5), 3);
}

TEST_F(MessageRateTest, KeepsNoMoreThanTheBurst) {
  MessageRate rate(1000, 3);
  EXPECT_EQ(Taken(rate, 1), 1);
  now_ += std::chrono::hours(1000);
  EXPECT_EQ(Taken(rate, 10), 3);
}

TEST_F(MessageRateTest, WhatIsRefusedDoesNotCount) {
  MessageRate rate(1, 1);
  EXPECT_EQ(Taken(rate, 100), 1);
  now_ += std::chrono::seconds(1);
  EXPECT_EQ(Taken(rate, 100), 1);
}

TEST_F(MessageRateTest, WhatGoesJustAsFastAsItMayIsNeverRefused) {
  for (const uint32_t per_second : {1, 3, 7, 1000}) {
    MessageRate rate(per_second, 1);
    for (uint32_t i = 0; i < 3 * per_second; ++i) {
      ASSERT_EQ(Taken(rate, 1), 1) << per_second << " " << i;
      now_ += Duration(std::chrono::seconds(1)) / per_second + Duration(1);
    }
  }
}

TEST_F(MessageRateTest, TakesTheLargestNumbers) {
  MessageRate slow(1, UINT32_MAX);
  EXPECT_EQ(Taken(slow, 1000), 1000);
  MessageRate fast(UINT32_MAX, UINT32_MAX);
  EXPECT_EQ(Taken(fast, 1000), 1000);
}

}  // namespace
}  // namespace sluice
