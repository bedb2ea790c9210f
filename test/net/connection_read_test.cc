// Reading: edges, short counts, pauses, ends.
#include "test/net/connection_fixture.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_F(ConnectionTest, IsSmall) { EXPECT_LE(sizeof(Connection), 272) << sizeof(Connection); }

TEST_F(ConnectionTest, BytesThatCameWithTheConnectionAreReadInStart) {
  peer_ = world_.memory().Dial(kAddress);
  world_.memory().Pump();
  world_.memory().Pump();
  peer_->Send("early");
  world_.memory().Pump();
  world_.worker().loop.TurnWithoutWaiting();  // the turn of the accept
  EXPECT_EQ(handler_.Take(), "connected early");
}

TEST_F(ConnectionTest, AShortCountIsNotReadAgain) {
  Accept();
  counts() = {};
  for (int i = 0; i < 5; ++i) {
    peer_->Send("message");
    world_.RunUntilIdle();
  }
  EXPECT_EQ(handler_.Take(), "connected message message message message message");
  EXPECT_EQ(counts().reads, 5);
  EXPECT_EQ(counts().empty_reads, 0);
}

TEST_F(ConnectionTest, ReadsGrowWhileTheyAreFilledAndShrinkAfter) {
  world_.memory().shape(kAddress).buffer_bytes = 1 << 20;
  Accept();
  counts() = {};
  peer_->Send(std::string(1 << 20, 'x'));
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.bytes_in, 1 << 20);
  // 16, 32, 64 and 128 KiB, then 128 KiB each: not the 64 of one block each.
  EXPECT_LE(counts().reads, 13);
  EXPECT_GE(counts().reads, 10);
  handler_.Take();
  counts() = {};
  for (int i = 0; i < 5; ++i) {
    peer_->Send("x");
    world_.RunUntilIdle();
  }
  EXPECT_EQ(counts().reads, 5);
}

TEST_F(ConnectionTest, ReadsNoMoreAtOnceThanTheLimit) {
  world_.memory().shape(kAddress).buffer_bytes = 1 << 20;
  limits_.read_chunk_bytes_max = 1;  // a block is the least
  size_t most = 0;
  handler_.take_max = 0;
  handler_.on_bytes = [&] { most = std::max(most, blocks()); };
  Accept();
  handler_.take_max = SIZE_MAX;
  peer_->Send(std::string(1 << 20, 'x'));
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.bytes_in, 1 << 20);
  EXPECT_LE(most, 2);
}

TEST_F(ConnectionTest, AnIdleConnectionHoldsNoBuffer) {
  Accept();
  EXPECT_EQ(blocks(), 0);
  peer_->Send("ping");
  Write("pong");
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "connected ping");
  EXPECT_EQ(peer_->Take(), "pong");
  EXPECT_EQ(blocks(), 0);
}

TEST_F(ConnectionTest, BytesAndFinOfOneEdgeAreBothSeen) {
  Accept();
  peer_->Send("last");
  peer_->SendFin();
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "connected last END closed:peer");
}

TEST_F(ConnectionTest, AFinAloneIsDeliveredOnceWithoutBytes) {
  Accept();
  peer_->SendFin();
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "connected END closed:peer");
  world_.Advance(seconds(5));
  EXPECT_EQ(handler_.Take(), "");
}

TEST_F(ConnectionTest, TheAnswerToAFinIsWrittenBeforeTheEnd) {
  Accept();
  handler_.on_bytes = [&] { Write("answer"); };
  peer_->Send("question");
  peer_->SendFin();
  world_.RunUntilIdle();
  EXPECT_EQ(peer_->Take(), "answeranswer");  // to the bytes, and to the end
  EXPECT_EQ(handler_.Take(), "connected question END closed:peer");
}

TEST_F(ConnectionTest, BytesAndResetOfOneEdgeAreBothSeen) {
  Accept();
  peer_->Send("last");
  peer_->Reset();
  world_.RunUntilIdle();
  // The edge could not tell of the reset: it is found at a second look.
  EXPECT_EQ(handler_.Take(), "connected last");
  world_.Advance(seconds(2));
  EXPECT_EQ(handler_.Take(), "closed:peer-reset");
}

TEST_F(ConnectionTest, TheSecondLookIsOneReadPerSilence) {
  Accept();
  for (int i = 0; i < 10; ++i) {
    peer_->Send("x");
    world_.Advance(milliseconds(300));
  }
  counts() = {};
  world_.Advance(seconds(60));
  EXPECT_EQ(counts().reads, 1);
  EXPECT_EQ(counts().empty_reads, 1);
}

TEST_F(ConnectionTest, AResetAloneEndsTheConnection) {
  Accept();
  peer_->Reset();
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "connected closed:peer-reset");
}

TEST_F(ConnectionTest, PausedItReadsNothing) {
  Accept();
  connection_->PauseReading();
  counts() = {};
  peer_->Send("one");
  world_.RunUntilIdle();
  EXPECT_EQ(counts().reads, 0);
  EXPECT_EQ(handler_.Take(), "connected");
  connection_->ResumeReading();
  EXPECT_EQ(handler_.Take(), "");  // not in this call
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "one");
}

TEST_F(ConnectionTest, EveryPauseNeedsItsResume) {
  Accept();
  connection_->PauseReading();
  connection_->PauseReading();
  peer_->Send("x");
  connection_->ResumeReading();
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "connected");
  connection_->ResumeReading();
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "x");
}

TEST_F(ConnectionTest, APauseInsideOfOnBytesStopsTheReading) {
  world_.memory().shape(kAddress).buffer_bytes = 1 << 20;
  Accept();
  handler_.on_bytes = [&] { connection_->PauseReading(); };
  counts() = {};
  peer_->Send(std::string(500000, 'x'));
  world_.RunUntilIdle();
  EXPECT_EQ(counts().reads, 1);
  EXPECT_LE(handler_.bytes_in, 16 * 1024);
  handler_.on_bytes = nullptr;
  connection_->ResumeReading();
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.bytes_in, 500000);
}

TEST_F(ConnectionTest, WhatIsLeftIsOfferedWithTheNextBytes) {
  Accept();
  handler_.take_max = 2;
  peer_->Send("abc");
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "connected ab");
  handler_.take_max = SIZE_MAX;
  peer_->Send("d");
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "cd");
}

TEST_F(ConnectionTest, WhatIsLeftIsOfferedByResume) {
  Accept();
  handler_.take_max = 2;
  peer_->Send("abc");
  world_.RunUntilIdle();
  handler_.Take();
  connection_->PauseReading();
  connection_->ResumeReading();
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "c");
}

TEST_F(ConnectionTest, AFinBehindAPauseComesWithItsTurn) {
  Accept();
  connection_->PauseReading();
  peer_->Send("x");
  peer_->SendFin();
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "connected");
  connection_->ResumeReading();
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "x END closed:peer");
}

TEST_F(ConnectionTest, BytesThatAreHeldUpByAPauseOutliveTheEnd) {
  Accept();
  handler_.take_max = 1;
  handler_.on_bytes = [&] {
    if (handler_.log.find("END") != std::string::npos) connection_->PauseReading();
  };
  peer_->Send("abc");
  peer_->SendFin();
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "connected a b END");
  handler_.on_bytes = nullptr;
  connection_->ResumeReading();
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "c closed:peer");
}

TEST_F(ConnectionTest, ShortReadsOfTheSystemLoseNothing) {
  world_.memory().shape(kAddress).read_bytes_max = 3;
  Accept();
  const std::string sent(1000, 'y');
  peer_->Send(sent);
  peer_->SendFin();
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.bytes_in, sent.size());
  EXPECT_EQ(handler_.closings, 1);
}

TEST_F(ConnectionTest, CountsItsBytes) {
  Accept();
  peer_->Send("12345");
  Write("1234567");
  world_.RunUntilIdle();
  EXPECT_EQ(connection_->bytes_read(), 5);
  EXPECT_EQ(connection_->bytes_written(), 7);
}

}  // namespace
}  // namespace sluice
