// gRPC's messages in the bytes of a body: cut anywhere, too long, compressed.
#include "source/grpc/message_frames.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice {
namespace {

class MessageFrames : public testing::Test {
 protected:
  FrameRead Take(size_t bytes_max = 100) { return TakeMessage(in_, bytes_max, message_); }
  SlabPool pool_;
  Buffer in_{pool_};
  std::string message_;
};

TEST_F(MessageFrames, MessagesComeOutAsTheyWentIn) {
  AppendMessage("one", in_);
  AppendMessage("", in_);
  AppendMessage(std::string(70'000, 'x'), in_);
  EXPECT_EQ(in_.size(), 3u * 5 + 3 + 70'000);
  EXPECT_EQ(Take(), FrameRead::kMessage);
  EXPECT_EQ(message_, "one");
  EXPECT_EQ(Take(), FrameRead::kMessage);
  EXPECT_EQ(message_, "");
  EXPECT_EQ(Take(70'000), FrameRead::kMessage);
  EXPECT_EQ(message_, std::string(70'000, 'x'));
  EXPECT_EQ(Take(), FrameRead::kNeedMore);
}

TEST_F(MessageFrames, TheLengthIsInNetworkOrder) {
  AppendMessage(std::string(0x010203, 'x'), in_);
  char head[5];
  in_.CopyOut(0, 5, head);
  EXPECT_EQ(std::string(head, 5), std::string("\x00\x00\x01\x02\x03", 5));
}

TEST_F(MessageFrames, AMessageCutAnywhereIsWaitedFor) {
  Buffer whole(pool_);
  AppendMessage("a message", whole);
  const std::string bytes = whole.ToString();
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    in_.Clear();
    in_.Append(bytes.substr(0, cut));
    EXPECT_EQ(Take(), FrameRead::kNeedMore) << cut;
    EXPECT_EQ(in_.size(), cut);
    in_.Append(bytes.substr(cut));
    EXPECT_EQ(Take(), FrameRead::kMessage) << cut;
    EXPECT_EQ(message_, "a message");
    EXPECT_TRUE(in_.empty());
  }
}

TEST_F(MessageFrames, WhatIsLongerThanAskedForIsKnownByItsHead) {
  in_.Append(std::string("\x00\x00\x00\x00\x09", 5));
  EXPECT_EQ(Take(9), FrameRead::kNeedMore);
  EXPECT_EQ(Take(8), FrameRead::kTooLong);
  in_.Clear();
  in_.Append(std::string("\x00\xff\xff\xff\xff", 5));
  EXPECT_EQ(Take(), FrameRead::kTooLong);
}

TEST_F(MessageFrames, ACompressedMessageIsNotRead) {
  in_.Append(std::string("\x01\x00\x00\x00\x00", 5));
  EXPECT_EQ(Take(), FrameRead::kCompressed);
}

TEST_F(MessageFrames, AStatusTextIsOfPrintableCharacters) {
  EXPECT_EQ(EncodedStatusText("node_matchers[0]: 100% wrong"), "node_matchers[0]: 100%25 wrong");
  EXPECT_EQ(EncodedStatusText("a\nb\x7f\xc3\xa4~"), "a%0Ab%7F%C3%A4~");
}

}  // namespace
}  // namespace sluice
