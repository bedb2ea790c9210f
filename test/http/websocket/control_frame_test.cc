#include "source/http/websocket/control_frame.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "source/http/websocket/frame_header.h"

namespace sluice {
namespace {

using Event = FrameHeaderReader::Event;

class ControlFrame : public testing::Test {
 protected:
  SlabPool slabs_;
  Buffer out_{slabs_};
  std::string Hex() const { return absl::BytesToHexString(out_.ToString()); }
};

TEST_F(ControlFrame, OfAServerIsNotMasked) {
  AppendCloseFrame(1001, std::nullopt, out_);
  EXPECT_EQ(Hex(), "880203e9");
  out_.Clear();
  AppendPingFrame(std::nullopt, out_);
  EXPECT_EQ(Hex(), "8900");
}

TEST_F(ControlFrame, OfAClientIsMaskedByItsKey) {
  AppendCloseFrame(1001, 0x37fa213d, out_);
  EXPECT_EQ(Hex(), "888237fa213d3413");
  out_.Clear();
  AppendPingFrame(0x37fa213d, out_);
  EXPECT_EQ(Hex(), "898037fa213d");
}

TEST_F(ControlFrame, IsWhatAReaderTakesForRight) {
  AppendPingFrame(0x01020304, out_);
  AppendCloseFrame(1011, 0xfffefdfc, out_);
  const std::string bytes = out_.ToString();
  absl::string_view left = bytes;
  FrameHeaderReader reader(FrameHeaderReader::From::kClient);
  EXPECT_EQ(reader.Next(left), Event::kFrame);
  EXPECT_EQ(reader.frame().opcode, Opcode::kPing);
  EXPECT_EQ(reader.Next(left), Event::kFrame);
  EXPECT_EQ(reader.Next(left), Event::kCloseCode);
  EXPECT_EQ(reader.close_code(), 1011);
  EXPECT_EQ(reader.violation(), FrameViolation::kNone);
  EXPECT_TRUE(reader.at_boundary());
}

}  // namespace
}  // namespace sluice
