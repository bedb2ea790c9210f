#include "source/server/heap_trim.h"

#include "gtest/gtest.h"

namespace sluice {
namespace {

constexpr int64_t kBase = 8'000'000;

TEST(HeapTrim, GrowingAndSteadyHeapsAreLeftAlone) {
  HeapTrim trim;
  EXPECT_FALSE(trim.IsDue(kBase));
  EXPECT_FALSE(trim.IsDue(10 * kBase));
  EXPECT_FALSE(trim.IsDue(10 * kBase));
  EXPECT_FALSE(trim.IsDue(10 * kBase - HeapTrim::kFreedBytesMin + 1));
}

TEST(HeapTrim, OnceForWhatWasFreed) {
  HeapTrim trim;
  EXPECT_FALSE(trim.IsDue(kBase + HeapTrim::kFreedBytesMin));
  EXPECT_TRUE(trim.IsDue(kBase));
  EXPECT_FALSE(trim.IsDue(kBase));
  EXPECT_FALSE(trim.IsDue(kBase + HeapTrim::kFreedBytesMin));
  EXPECT_TRUE(trim.IsDue(kBase)) << "another burst";
}

TEST(HeapTrim, OfSlowDeclineEachPartOnce) {
  HeapTrim trim;
  int64_t allocated = kBase + 2 * HeapTrim::kFreedBytesMin;
  EXPECT_FALSE(trim.IsDue(allocated));
  int trims = 0;
  while (allocated > kBase) {
    allocated -= HeapTrim::kFreedBytesMin / 8;
    trims += trim.IsDue(allocated) ? 1 : 0;
  }
  EXPECT_EQ(trims, 2);
}

}  // namespace
}  // namespace sluice
