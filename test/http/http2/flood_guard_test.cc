#include "source/http/http2/flood_guard.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

using std::chrono::milliseconds;

TEST(TokenBucketTest, GivesItsBurstAndThenItsRate) {
  TokenBucket bucket(3);
  MonotonicTime now{};
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.Take(3, 10, now));
  EXPECT_FALSE(bucket.Take(3, 10, now));
  now += milliseconds(99);
  EXPECT_FALSE(bucket.Take(3, 10, now));
  now += milliseconds(1);
  EXPECT_TRUE(bucket.Take(3, 10, now));
  EXPECT_FALSE(bucket.Take(3, 10, now));
  // Never more than the burst.
  now += std::chrono::hours(1);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.Take(3, 10, now));
  EXPECT_FALSE(bucket.Take(3, 10, now));
}

TEST(TokenBucketTest, FillsHoweverOftenItIsAsked) {
  TokenBucket bucket(0);
  MonotonicTime now{};
  int taken = 0;
  for (int i = 0; i < 10000; ++i, now += milliseconds(1)) taken += bucket.Take(5, 33, now);
  EXPECT_NEAR(taken, 330, 10);
}

TEST(FloodGuardTest, LimitsGrowWithStreamsAndData) {
  Http2Options options;
  options.priority_frames_per_stream_max = 2;
  options.window_updates_per_data_frame_max = 3;
  FloodGuard guard(options);
  EXPECT_EQ(guard.OnPriority(), CodecError::kNone);
  EXPECT_EQ(guard.OnPriority(), CodecError::kNone);
  guard.OnStreamOpened();
  EXPECT_EQ(guard.OnPriority(), CodecError::kNone);
  EXPECT_EQ(guard.OnPriority(), CodecError::kNone);
  EXPECT_EQ(guard.OnPriority(), CodecError::kHttp2PriorityFrames);
  guard.OnDataSent();
  for (int i = 0; i < 5 + 2 * (1 + 3); ++i) EXPECT_EQ(guard.OnWindowUpdate(), CodecError::kNone);
  EXPECT_EQ(guard.OnWindowUpdate(), CodecError::kHttp2WindowUpdates);
}

TEST(FloodGuardTest, EmptyFramesCountInARow) {
  Http2Options options;
  options.consecutive_empty_frames_max = 2;
  FloodGuard guard(options);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(guard.OnEmptyFrame(), CodecError::kNone);
    EXPECT_EQ(guard.OnEmptyFrame(), CodecError::kNone);
    guard.OnFullFrame();
  }
  guard.OnEmptyFrame();
  guard.OnEmptyFrame();
  EXPECT_EQ(guard.OnEmptyFrame(), CodecError::kHttp2EmptyFrames);
}

TEST(FloodGuardTest, ContinuationsCountForOneHead) {
  Http2Options options;
  options.continuation_frames_per_head_max = 2;
  FloodGuard guard(options);
  for (int i = 0; i < 10; ++i) {
    guard.OnHeadersFrame();
    EXPECT_EQ(guard.OnContinuation(), CodecError::kNone);
    EXPECT_EQ(guard.OnContinuation(), CodecError::kNone);
  }
  EXPECT_EQ(guard.OnContinuation(), CodecError::kHttp2Continuations);
}

TEST(FloodGuardTest, OutboundFramesOfBothKinds) {
  Http2Options options;
  options.outbound_frames_max = 10;
  options.outbound_control_frames_max = 5;
  const FloodGuard guard(options);
  EXPECT_EQ(guard.CheckOutbound(10, 5), CodecError::kNone);
  EXPECT_EQ(guard.CheckOutbound(10, 6), CodecError::kHttp2OutboundControlFrames);
  EXPECT_EQ(guard.CheckOutbound(11, 0), CodecError::kHttp2OutboundFrames);
}

}  // namespace
}  // namespace sluice
