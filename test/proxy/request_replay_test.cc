#include "source/proxy/request_replay.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice {
namespace {

class RequestReplayTest : public testing::Test {
 protected:
  Buffer Bytes(const std::string& text) {
    Buffer buffer(slabs_);
    buffer.Append(text);
    return buffer;
  }
  std::string Given(RequestReplay& replay) {
    Buffer body(slabs_);
    replay.Give(body, gauge_);
    return body.ToString();
  }
  SlabPool slabs_;
  FlowGauge gauge_{100};
};

TEST_F(RequestReplayTest, GivesWhatHasCome) {
  RequestReplay replay(slabs_, 100);
  EXPECT_TRUE(replay.Keep(Bytes("ab"), End::kNo));
  EXPECT_TRUE(replay.Keep(Bytes("c"), End::kYes));
  EXPECT_TRUE(replay.ended());
  EXPECT_EQ(Given(replay), "abc");
  EXPECT_EQ(gauge_.waiting_bytes(), 3u);
  EXPECT_EQ(Given(replay), "abc");
  EXPECT_TRUE(replay.whole());
}

TEST_F(RequestReplayTest, AByteMoreThanItMayKeepEndsIt) {
  RequestReplay replay(slabs_, 3);
  EXPECT_TRUE(replay.Keep(Bytes("abc"), End::kNo));
  EXPECT_TRUE(replay.whole());
  EXPECT_FALSE(replay.Keep(Bytes("d"), End::kNo));
  EXPECT_FALSE(replay.whole());
  // It is said once.
  EXPECT_TRUE(replay.Keep(Bytes("e"), End::kYes));
  EXPECT_TRUE(replay.ended());
}

TEST_F(RequestReplayTest, WhatComesBetweenTriesIsCountedOnce) {
  RequestReplay replay(slabs_, 100);
  replay.Keep(Bytes("abc"), End::kNo);
  gauge_.Add(2);
  Buffer data = Bytes("de");
  replay.Hold(data, End::kNo);
  EXPECT_TRUE(data.empty());
  EXPECT_EQ(gauge_.waiting_bytes(), 2u);
  EXPECT_EQ(Given(replay), "abcde");
  EXPECT_EQ(gauge_.waiting_bytes(), 5u);
}

TEST_F(RequestReplayTest, TooMuchBetweenTriesIsGivenOnceMoreAndNotKept) {
  RequestReplay replay(slabs_, 3);
  gauge_.Add(4);
  Buffer data = Bytes("abcd");
  replay.Hold(data, End::kYes);
  Buffer body(slabs_);
  EXPECT_FALSE(replay.Give(body, gauge_));
  EXPECT_EQ(body.ToString(), "abcd");
  EXPECT_FALSE(replay.whole());
}

TEST_F(RequestReplayTest, TheEndOfTheStreamLeavesNothingCounted) {
  RequestReplay replay(slabs_, 100);
  gauge_.Add(2);
  Buffer data = Bytes("ab");
  replay.Hold(data, End::kNo);
  replay.Drop(gauge_);
  EXPECT_EQ(gauge_.waiting_bytes(), 0u);
}

TEST_F(RequestReplayTest, LargePiecesAreThereOnce) {
  RequestReplay replay(slabs_, 1_MiB);
  Buffer data = Bytes(std::string(64_KiB, 'x'));
  const size_t blocks = slabs_.blocks_in_use();
  replay.Keep(data, End::kYes);
  EXPECT_LE(slabs_.blocks_in_use(), blocks + 1);  // a small end is copied
  data.Clear();
  EXPECT_EQ(Given(replay).size(), 64_KiB);
}

}  // namespace
}  // namespace sluice
