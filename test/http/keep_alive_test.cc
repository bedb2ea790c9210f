#include "source/http/keep_alive.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

using std::chrono::milliseconds;
using Step = KeepAlive::Step;

class KeepAlives : public testing::Test {
 protected:
  KeepAlives() {
    options_.ping_interval_ms = 1000;
    options_.ping_timeout_ms = 200;
    options_.ping_jitter_percent = 0;
  }
  static MonotonicTime At(int64_t ms) { return MonotonicTime(milliseconds(ms)); }

  Http2Options options_;
  FastRandom random_{1};
};

TEST_F(KeepAlives, NothingIsAskedWithoutAnInterval) {
  options_.ping_interval_ms = 0;
  KeepAlive alive(options_, random_, At(0));
  EXPECT_EQ(alive.next(), KeepAlive::kNever);
  EXPECT_FALSE(alive.AsksBeforeStream(At(1000000), 0));
}

TEST_F(KeepAlives, AsksAtTheIntervalAndGivesUpOnSilence) {
  KeepAlive alive(options_, random_, At(0));
  EXPECT_EQ(alive.next(), At(1000));
  EXPECT_EQ(alive.OnTime(At(999), 0), Step::kNothing);
  EXPECT_EQ(alive.OnTime(At(1000), 0), Step::kPing);
  EXPECT_EQ(alive.next(), At(1200));
  EXPECT_EQ(alive.OnTime(At(1199), 1), Step::kNothing);
  EXPECT_EQ(alive.OnTime(At(1200), 1), Step::kGiveUp);
}

TEST_F(KeepAlives, AnAnswerStartsTheNextInterval) {
  KeepAlive alive(options_, random_, At(0));
  ASSERT_EQ(alive.OnTime(At(1000), 0), Step::kPing);
  EXPECT_EQ(alive.OnTime(At(1200), 0), Step::kNothing);
  EXPECT_EQ(alive.next(), At(2000));
  EXPECT_EQ(alive.OnTime(At(2000), 0), Step::kPing);
}

TEST_F(KeepAlives, BytesExtendTheWait) {
  KeepAlive alive(options_, random_, At(0));
  ASSERT_EQ(alive.OnTime(At(1000), 0), Step::kPing);
  alive.OnBytes(At(1150));
  EXPECT_EQ(alive.OnTime(At(1200), 1), Step::kNothing);
  EXPECT_EQ(alive.next(), At(1350));
  EXPECT_EQ(alive.OnTime(At(1350), 1), Step::kGiveUp);
}

TEST_F(KeepAlives, OneAtATime) {
  options_.ping_timeout_ms = 5000;
  KeepAlive alive(options_, random_, At(0));
  ASSERT_EQ(alive.OnTime(At(1000), 0), Step::kPing);
  EXPECT_EQ(alive.OnTime(At(2000), 1), Step::kNothing);
  EXPECT_EQ(alive.OnTime(At(6000), 1), Step::kGiveUp);
}

TEST_F(KeepAlives, JitterStaysInItsBounds) {
  options_.ping_jitter_percent = 15;
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    KeepAlive alive(options_, random_, At(0));
    EXPECT_GE(alive.next(), At(1000));
    EXPECT_LE(alive.next(), At(1150));
    differs |= alive.next() != At(1000);
  }
  EXPECT_TRUE(differs);
}

TEST_F(KeepAlives, ASilentConnectionIsAskedBeforeItIsUsed) {
  options_.ping_interval_ms = 0;
  options_.ping_idle_interval_ms = 300;
  KeepAlive alive(options_, random_, At(0));
  alive.OnBytes(At(100));
  EXPECT_FALSE(alive.AsksBeforeStream(At(399), 0));
  EXPECT_TRUE(alive.AsksBeforeStream(At(400), 0));
  EXPECT_FALSE(alive.AsksBeforeStream(At(410), 1));
  EXPECT_EQ(alive.next(), At(600));
  EXPECT_EQ(alive.OnTime(At(600), 1), Step::kGiveUp);
}

}  // namespace
}  // namespace sluice
