#include "source/http/websocket/frame_meter.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "gtest/gtest.h"
#include "source/base/random.h"
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

// Whole frames are gone over in a shorter way than those that come in parts.
TEST(FrameMeterParts, CountTheSameHoweverTheBytesAreCut) {
  FastRandom random(7);
  for (int run = 0; run < 2000; ++run) {
    const From from = run % 2 == 0 ? From::kClient : From::kServer;
    std::string bytes;
    for (uint64_t frames = 1 + random.Next() % 6; frames > 0; --frames) {
      static constexpr int kFirst[] = {0x81, 0x82, 0x01, 0x02, 0x00, 0x80, 0x89,
                                       0x8a, 0x88, 0xc1, 0xa1, 0x83, 0x09};
      static constexpr size_t kLengths[] = {0, 1, 2, 32, 125, 126, 300, 65535, 65536};
      const bool masked = (random.Next() % 8 == 0) != (from == From::kClient);
      bytes += FrameOf(kFirst[random.Next() % std::size(kFirst)],
                       std::string(kLengths[random.Next() % std::size(kLengths)], 'x'),
                       masked ? Masking::kYes : Masking::kNo);
    }
    if (random.Next() % 4 == 0) bytes[random.Next() % 2] ^= 1 << (random.Next() % 8);
    if (random.Next() % 4 == 0) bytes.resize(random.Next() % bytes.size());
    FrameMeter whole(4), cut(4);
    whole.OnBytes(from, bytes, At(0));
    for (size_t at = 0; at < bytes.size();) {
      const size_t n = std::min<size_t>(1 + random.Next() % 3, bytes.size() - at);
      cut.OnBytes(from, absl::string_view(bytes).substr(at, n), At(0));
      at += n;
    }
    const FrameMeter::Counts &a = whole.counts(from), &b = cut.counts(from);
    ASSERT_EQ(a.frames, b.frames) << run;
    ASSERT_EQ(a.text_messages, b.text_messages) << run;
    ASSERT_EQ(a.binary_messages, b.binary_messages) << run;
    ASSERT_EQ(a.violations, b.violations) << run;
    ASSERT_EQ(a.first_violation, b.first_violation) << run;
    const FrameHeaderReader &one = whole.reader(from), &other = cut.reader(from);
    ASSERT_EQ(one.payload_bytes(), other.payload_bytes()) << run;
    ASSERT_EQ(one.at_boundary(), other.at_boundary()) << run;
    ASSERT_EQ(one.begun_bytes(), other.begun_bytes()) << run;
    ASSERT_EQ(one.close_code(), other.close_code()) << run;
    ASSERT_EQ(one.frame().opcode, other.frame().opcode) << run;
    ASSERT_EQ(one.frame().length, other.frame().length) << run;
  }
}

}  // namespace
}  // namespace sluice
