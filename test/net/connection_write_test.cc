// Writing: one write a turn, full sockets, failed writes.
#include "test/net/connection_fixture.h"

namespace sluice {
namespace {

using std::chrono::seconds;

TEST_F(ConnectionTest, ATurnsOutputIsOneWrite) {
  Accept();
  counts() = {};
  handler_.on_bytes = [&] {
    for (int i = 0; i < 10; ++i) Write("piece ");
  };
  peer_->Send("go");
  world_.RunUntilIdle();
  EXPECT_EQ(peer_->Take().size(), 60);
  EXPECT_EQ(counts().writes, 1);
}

TEST_F(ConnectionTest, WhoGivesLessThanThereIsRoomForIsNotAskedAgain) {
  Accept();
  handler_.fills = 0;
  Write("all there is");
  world_.RunUntilIdle();
  EXPECT_EQ(peer_->Take(), "all there is");
  EXPECT_EQ(handler_.fills, 1);
}

TEST_F(ConnectionTest, WhoHasMoreAfterAllSaysSoWhileItGives) {
  Accept();
  handler_.on_fill = [&] {
    handler_.on_fill = nullptr;
    Write(" and more");
  };
  Write("some");
  world_.RunUntilIdle();
  EXPECT_EQ(peer_->Take(), "some and more");
}

TEST_F(ConnectionTest, NothingToWriteIsNoWrite) {
  Accept();
  counts() = {};
  connection_->WantWrite();
  world_.RunUntilIdle();
  EXPECT_EQ(counts().writes, 0);
}

TEST_F(ConnectionTest, PullsNoMoreThanAChunkAheadOfAFullSocket) {
  world_.memory().shape(kAddress).buffer_bytes = 100000;
  limits_.write_chunk_bytes = 30000;
  Accept();
  peer_->StopReading();
  Write(std::string(1000000, 'z'));
  world_.RunUntilIdle();
  EXPECT_GE(handler_.output.size(), 1000000u - 100000 - 30000);
  EXPECT_LE(connection_->unwritten_bytes(), 30000);
  const int fills = handler_.fills;
  const uint64_t writes = counts().writes;
  // A full socket is left alone until it has room.
  connection_->WantWrite();
  world_.RunUntilIdle();
  EXPECT_EQ(counts().writes, writes);
  EXPECT_EQ(handler_.fills, fills);
  peer_->ReadOn();
  world_.RunUntilIdle();
  EXPECT_EQ(peer_->Take(), std::string(1000000, 'z'));
  EXPECT_EQ(blocks(), 0);
}

TEST_F(ConnectionTest, ShortWritesLoseNothing) {
  world_.memory().shape(kAddress).write_bytes_max = 7;
  Accept();
  std::string sent;
  for (int i = 0; i < 200; ++i) absl::StrAppend(&sent, i, ",");
  Write(sent);
  world_.RunUntilIdle();
  EXPECT_EQ(peer_->Take(), sent);
}

TEST_F(ConnectionTest, FlushedIsToldOnceWhenEverythingIsWritten) {
  world_.memory().shape(kAddress).buffer_bytes = 1000;
  Accept();
  peer_->StopReading();
  Write(std::string(5000, 'x'));
  connection_->NotifyWhenFlushed();
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "connected");
  peer_->ReadOn();
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "flushed");
  Write("more");
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "");
}

TEST_F(ConnectionTest, WhatThePeerSaidBeforeItResetIsDelivered) {
  Connect();
  handler_.Take();
  // An early answer, then the door: the reset overtakes our own bytes.
  connection_->PauseReading();
  peer_->Send("413 too large");
  peer_->Reset();
  world_.RunUntilIdle();
  Write("body body body");
  world_.RunUntilIdle();
  connection_->ResumeReading();
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "413 too large closed:peer-reset");
}

TEST_F(ConnectionTest, AFailedWriteReadsOutTheSocket) {
  Accept();
  handler_.Take();
  // Bytes and reset come within this turn, after the read edge was used up.
  bool answered = false;
  handler_.on_bytes = [&] {
    if (std::exchange(answered, true)) return;
    peer_->Send("second");
    peer_->Reset();
    world_.memory().Pump();
    Write("answer");
  };
  peer_->Send("first");
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "first second closed:peer-reset");
}

TEST_F(ConnectionTest, AFailedWriteEndsAPausedAcceptedConnection) {
  Accept();
  connection_->PauseReading();
  peer_->Send("unread");
  peer_->Reset();
  world_.RunUntilIdle();
  Write("x");
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "connected closed:peer-reset");
}

TEST_F(ConnectionTest, WritingToAPeerThatHasClosedEndsInAReset) {
  Accept();
  peer_.reset();
  connection_->AllowHalfClose();
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "connected END");
  Write("x");
  world_.RunUntilIdle();
  Write("y");
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "closed:peer-reset");
}

TEST_F(ConnectionTest, HalfCloseLetsBothSidesEndInTheirTime) {
  Accept();
  connection_->AllowHalfClose();
  peer_->SendFin();
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "connected END");
  Write("still here");
  world_.RunUntilIdle();
  EXPECT_EQ(peer_->Take(), "still here");
  Write(" and done");
  connection_->CloseWriteSide();
  world_.RunUntilIdle();
  EXPECT_EQ(peer_->Take(), " and done");
  EXPECT_TRUE(peer_->got_fin());
  EXPECT_EQ(handler_.Take(), "closed:peer");
}

TEST_F(ConnectionTest, AfterItsFinItGoesOnReading) {
  Accept();
  connection_->AllowHalfClose();
  connection_->CloseWriteSide();
  world_.RunUntilIdle();
  EXPECT_TRUE(peer_->got_fin());
  peer_->Send("a");
  world_.RunUntilIdle();
  peer_->Send("b");
  peer_->SendFin();
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "connected a b END closed:peer");
}

}  // namespace
}  // namespace sluice
