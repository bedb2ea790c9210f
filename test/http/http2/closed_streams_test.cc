#include "source/http/http2/closed_streams.h"

#include "gtest/gtest.h"

namespace sluice {
namespace {

using Fate = ClosedStreams::Fate;

TEST(ClosedStreams, KnowNothingAtFirst) {
  const ClosedStreams streams;
  for (const int32_t id : {0, 1, 2, 3, INT32_MAX}) EXPECT_EQ(streams.Find(id), Fate::kUnknown);
}

TEST(ClosedStreams, RememberHowTheirClientEndedThem) {
  ClosedStreams streams;
  for (const int32_t id : {1, 3, 5, 7}) streams.OnOpened(id);
  streams.OnEndedByClient(1, Fate::kReset);
  streams.OnEndedByClient(3, Fate::kEnded);
  EXPECT_EQ(streams.Find(1), Fate::kReset);
  EXPECT_EQ(streams.Find(3), Fate::kEnded);
  EXPECT_EQ(streams.Find(5), Fate::kUnknown);
  EXPECT_EQ(streams.Find(2), Fate::kUnknown);
  EXPECT_EQ(streams.Find(9), Fate::kUnknown);
}

TEST(ClosedStreams, RememberTheLastFew) {
  ClosedStreams streams;
  const int32_t newest = 2 * static_cast<int32_t>(ClosedStreams::kRemembered) + 1;
  for (int32_t id = 1; id <= newest; id += 2) {
    streams.OnOpened(id);
    streams.OnEndedByClient(id, Fate::kEnded);
  }
  EXPECT_EQ(streams.Find(1), Fate::kUnknown);
  EXPECT_EQ(streams.Find(3), Fate::kEnded);
  EXPECT_EQ(streams.Find(newest), Fate::kEnded);
}

TEST(ClosedStreams, RememberTheLastNumbersPassedOver) {
  ClosedStreams streams;
  streams.OnOpened(5);
  EXPECT_EQ(streams.Find(1), Fate::kNeverUsed);
  EXPECT_EQ(streams.Find(3), Fate::kNeverUsed);
  EXPECT_EQ(streams.Find(5), Fate::kUnknown);
  streams.OnOpened(7);
  EXPECT_EQ(streams.Find(3), Fate::kNeverUsed);
  streams.OnOpened(INT32_MAX);
  EXPECT_EQ(streams.Find(3), Fate::kUnknown);
  EXPECT_EQ(streams.Find(7), Fate::kUnknown);
  EXPECT_EQ(streams.Find(9), Fate::kNeverUsed);
  EXPECT_EQ(streams.Find(INT32_MAX - 2), Fate::kNeverUsed);
  EXPECT_EQ(streams.Find(INT32_MAX), Fate::kUnknown);
}

}  // namespace
}  // namespace sluice
