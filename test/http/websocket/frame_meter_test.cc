#include "source/http/websocket/frame_meter.h"

#include <string>

#include "gtest/gtest.h"
#include "test/http/websocket/frame_bytes.h"

namespace sluice {
namespace {

using From = FrameMeter::From;
using std::chrono::milliseconds;

MonotonicTime At(int ms) { return MonotonicTime(milliseconds(ms)); }

class FrameMeterTest : public testing::Test {
 protected:
  void Client(int first, const std::string& payload, int ms = 0) {
    meter_.OnBytes(From::kClient, FrameOf(first, payload, Masking::kYes), At(ms));
  }
  void Server(int first, const std::string& payload, int ms = 0) {
    meter_.OnBytes(From::kServer, FrameOf(first, payload, Masking::kNo), At(ms));
  }
  FrameMeter meter_;
};

TEST_F(FrameMeterTest, CountsMessagesByKindAndDirection) {
  Client(0x81, "text");
  Client(0x02, "binary in ");
  Client(0x89, "ping between");
  Client(0x00, "three ");
  Client(0x80, "parts");
  Server(0x82, "one");
  Server(0x01, "unfinished");
  const FrameMeter::Counts& client = meter_.counts(From::kClient);
  EXPECT_EQ(client.frames, 5u);
  EXPECT_EQ(client.text_messages, 1u);
  EXPECT_EQ(client.binary_messages, 1u);
  EXPECT_EQ(client.pings, 1u);
  EXPECT_EQ(meter_.reader(From::kClient).payload_bytes(), 4u + 10 + 12 + 6 + 5);
  const FrameMeter::Counts& server = meter_.counts(From::kServer);
  EXPECT_EQ(server.text_messages, 0u);
  EXPECT_EQ(server.binary_messages, 1u);
  EXPECT_EQ(client.violations + server.violations, 0u);
}

TEST_F(FrameMeterTest, MeasuresPingsBothWays) {
  EXPECT_EQ(meter_.ping_round_trip(From::kClient), std::nullopt);
  Client(0x89, "a", 1000);
  Server(0x89, "b", 1010);
  Server(0x8a, "a", 1025);
  EXPECT_EQ(meter_.ping_round_trip(From::kClient), milliseconds(25));
  Client(0x8a, "b", 1100);
  EXPECT_EQ(meter_.ping_round_trip(From::kServer), milliseconds(90));
  EXPECT_EQ(meter_.counts(From::kServer).pongs, 1u);
}

TEST_F(FrameMeterTest, GuessesNoRoundTrip) {
  Server(0x8a, "nobody asked", 5);
  EXPECT_EQ(meter_.ping_round_trip(From::kClient), std::nullopt);
  Client(0x89, "a", 10);
  Client(0x89, "b", 20);
  Server(0x8a, "a", 30);
  Server(0x8a, "b", 31);
  EXPECT_EQ(meter_.ping_round_trip(From::kClient), std::nullopt);
  Client(0x89, "c", 40);
  Server(0x8a, "c", 47);
  EXPECT_EQ(meter_.ping_round_trip(From::kClient), milliseconds(7));
}

TEST_F(FrameMeterTest, SaysWhoClosedFirstAndWhy) {
  EXPECT_FALSE(meter_.first_close().has_value());
  Server(0x88, CodeBytes(1001) + "going away");
  Client(0x88, CodeBytes(1000));
  ASSERT_TRUE(meter_.first_close().has_value());
  EXPECT_EQ(meter_.first_close()->from, From::kServer);
  EXPECT_EQ(meter_.first_close()->code, 1001);
  EXPECT_EQ(meter_.reader(From::kClient).close_code(), 1000);
}

TEST_F(FrameMeterTest, CountsViolationsAndKeepsTheFirst) {
  Client(0xc1, "x");
  Client(0x80, "x");
  meter_.OnBytes(From::kClient, FrameOf(0x81, "x", Masking::kNo), At(0));
  Server(0x88, CodeBytes(1005));
  EXPECT_EQ(meter_.counts(From::kClient).violations, 3u);
  EXPECT_EQ(meter_.counts(From::kClient).first_violation, FrameViolation::kReservedBits);
  EXPECT_EQ(meter_.counts(From::kServer).violations, 1u);
  EXPECT_EQ(meter_.counts(From::kServer).first_violation, FrameViolation::kCloseCode);
}

}  // namespace
}  // namespace sluice
