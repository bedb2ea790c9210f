// Connecting, and the kinds of closing.
#include "test/net/connection_fixture.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_F(ConnectionTest, ConnectsAndThenWritesWhatWasWanted) {
  world_.memory().shape(kServer).latency = milliseconds(5);
  ServePeers();
  StartConnecting();
  Write("hello");
  EXPECT_FALSE(connection_->connected());
  EXPECT_EQ(handler_.Take(), "");
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "connected");
  EXPECT_EQ(peer_->Take(), "hello");
}

TEST_F(ConnectionTest, ARefusedConnectFails) {
  StartConnecting();
  Write("hello");
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "closed:connect-failed");
}

TEST_F(ConnectionTest, AnImmediateFailureIsNotToldFromWithinStart) {
  ServePeers();
  world_.memory().FailCall(1, FaultKind::kReset);
  StartConnecting();
  EXPECT_EQ(handler_.Take(), "");
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "closed:connect-failed");
}

TEST_F(ConnectionTest, ConnectingHasADeadline) {
  world_.memory().shape(kServer).black_hole = true;
  limits_.connect_timeout = milliseconds(250);
  ServePeers();
  StartConnecting();
  world_.Advance(milliseconds(249));
  EXPECT_EQ(handler_.Take(), "");
  world_.Advance(milliseconds(1));
  EXPECT_EQ(handler_.Take(), "closed:connect-timeout");
}

TEST_F(ConnectionTest, TheConnectDeadlineIsOverOnceConnected) {
  limits_.connect_timeout = milliseconds(250);
  Connect();
  world_.Advance(seconds(10));
  EXPECT_EQ(handler_.Take(), "connected");
}

TEST_F(ConnectionTest, ClosingWhileConnectingEndsIt) {
  world_.memory().shape(kServer).black_hole = true;
  ServePeers();
  StartConnecting();
  connection_->Close(CloseKind::kFlush);
  EXPECT_EQ(handler_.Take(), "");
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "closed:local");
}

TEST_F(ConnectionTest, CloseNowTellsInTheCallAndDropsTheOutput) {
  Accept();
  Write("never");
  connection_->Close(CloseKind::kNow);
  EXPECT_EQ(handler_.Take(), "connected closed:local");
  connection_.reset();
  world_.RunUntilIdle();
  EXPECT_EQ(peer_->Take(), "");
  EXPECT_TRUE(peer_->got_fin());
}

TEST_F(ConnectionTest, CloseIsToldOnce) {
  Accept();
  connection_->Close(CloseKind::kFlush);
  connection_->Close(CloseKind::kNow);
  connection_->Close(CloseKind::kNow);
  connection_->Close(CloseKind::kAbort);
  world_.Advance(seconds(5));
  EXPECT_EQ(handler_.closings, 1);
}

TEST_F(ConnectionTest, AbortResets) {
  Accept();
  connection_->Close(CloseKind::kAbort);
  EXPECT_EQ(handler_.Take(), "connected closed:local");
  connection_.reset();
  world_.RunUntilIdle();
  EXPECT_TRUE(peer_->got_reset());
}

TEST_F(ConnectionTest, FlushWritesEverythingThenWaitsForThePeersFin) {
  world_.memory().shape(kAddress).buffer_bytes = 1000;
  Accept();
  peer_->StopReading();
  Write(std::string(5000, 'x'));
  connection_->Close(CloseKind::kFlush);
  EXPECT_EQ(handler_.Take(), "connected");
  EXPECT_TRUE(connection_->closing());
  world_.RunUntilIdle();
  peer_->ReadOn();
  world_.RunUntilIdle();
  EXPECT_EQ(peer_->Take().size(), 5000);
  EXPECT_TRUE(peer_->got_fin());
  EXPECT_EQ(handler_.Take(), "");
  peer_->Send("nobody reads this");
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "");
  peer_->SendFin();
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "closed:local");
  EXPECT_EQ(blocks(), 0);
}

TEST_F(ConnectionTest, FlushWaitsForThePeersFinForATimeOnly) {
  limits_.close_timeout = milliseconds(1500);
  Accept();
  connection_->Close(CloseKind::kFlush);
  world_.Advance(milliseconds(1499));
  EXPECT_EQ(handler_.Take(), "connected");
  world_.Advance(milliseconds(1));
  EXPECT_EQ(handler_.Take(), "closed:local");
}

TEST_F(ConnectionTest, FlushAfterThePeersFinEndsAtOnce) {
  Accept();
  handler_.on_bytes = [&] {
    Write("bye");
    connection_->Close(CloseKind::kFlush);
  };
  peer_->SendFin();
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "connected END closed:local");
  EXPECT_EQ(peer_->Take(), "bye");
}

TEST_F(ConnectionTest, FlushOnlyDoesNotWaitForThePeer) {
  Accept();
  Write("bye");
  connection_->Close(CloseKind::kFlushOnly);
  EXPECT_EQ(handler_.Take(), "connected");
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "closed:local");
  EXPECT_EQ(peer_->Take(), "bye");
}

TEST_F(ConnectionTest, AFlushThatMakesNoProgressIsGivenUp) {
  world_.memory().shape(kAddress).buffer_bytes = 3000;
  Accept();
  peer_->StopReading();
  Write(std::string(100000, 'x'));
  connection_->Close(CloseKind::kFlush);
  for (int i = 0; i < 10; ++i) {  // each progress buys time
    world_.Advance(milliseconds(900));
    peer_->ReadOn(2000);
  }
  world_.Advance(milliseconds(900));
  EXPECT_EQ(handler_.Take(), "connected");
  world_.Advance(milliseconds(200));
  EXPECT_EQ(handler_.Take(), "closed:local");
}

TEST_F(ConnectionTest, WhatComesAfterCloseFlushIsDroppedNotDelivered) {
  Accept();
  handler_.on_bytes = [&] { connection_->Close(CloseKind::kFlush); };
  peer_->Send("x");
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "connected x");
  peer_->Send(std::string(200000, 'y'));
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "");
  EXPECT_EQ(peer_->unsent_bytes(), 0);
}

TEST_F(ConnectionTest, AResetWhileClosingEndsIt) {
  Accept();
  connection_->Close(CloseKind::kFlush);
  world_.RunUntilIdle();
  peer_->Reset();
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "connected closed:local");
}

TEST_F(ConnectionTest, MayBeClosedAndDeletedFromEveryCallback) {
  const auto close = [&](CloseKind kind) {
    connection_->Close(kind);
    world_.worker().loop.DeleteLater(std::move(connection_));
  };
  for (CloseKind kind : {CloseKind::kNow, CloseKind::kAbort}) {
    handler_.on_bytes = [&] { close(kind); };
    Accept();
    peer_->Send(std::string(100000, 'x'));
    world_.RunUntilIdle();
    EXPECT_EQ(connection_, nullptr);
    handler_.on_bytes = nullptr;
    Accept();
    handler_.on_fill = [&] { close(kind); };
    Write("x");
    world_.RunUntilIdle();
    EXPECT_EQ(connection_, nullptr);
    handler_.on_fill = nullptr;
  }
  EXPECT_EQ(handler_.closings, 4);
}

TEST_F(ConnectionTest, MayBeDeletedFromItsEnd) {
  Accept();
  handler_.on_closed = [&] { world_.worker().loop.DeleteLater(std::move(connection_)); };
  peer_->SendFin();
  world_.RunUntilIdle();
  EXPECT_EQ(connection_, nullptr);
  EXPECT_EQ(world_.memory().open_handles(), 0);
}

TEST_F(ConnectionTest, DestroyedItClosesSilently) {
  Accept();
  Write("never");
  connection_.reset();
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "connected");
  EXPECT_TRUE(peer_->got_fin());
}

// A client whose request comes with its connection, in the turn of the accept.
class EarlyRequestTest : public ConnectionTest {
 protected:
  void AcceptWithRequest() {
    peer_ = world_.memory().Dial(kAddress);
    world_.memory().Pump();
    world_.memory().Pump();
    peer_->Send("x");
    world_.memory().Pump();
    world_.worker().loop.TurnWithoutWaiting();
  }
  // The listener's does not count.
  size_t watches() { return world_.poller().watch_count() - 1; }
};

TEST_F(EarlyRequestTest, WhatIsClosedInTheTurnOfItsAcceptIsNeverWatched) {
  handler_.on_bytes = [&] { connection_->Close(CloseKind::kNow); };
  AcceptWithRequest();
  EXPECT_EQ(handler_.Take(), "connected x closed:local");
  EXPECT_EQ(watches(), 0);
}

TEST_F(EarlyRequestTest, WhoAwaitsBytesIsWatchedAtOnce) {
  AcceptWithRequest();
  EXPECT_EQ(watches(), 1);
}

TEST_F(EarlyRequestTest, AQuickAnswerAndCloseIsNeverWatched) {
  handler_.awaits_bytes = false;
  AcceptWithRequest();
  world_.Advance(milliseconds(4));
  EXPECT_EQ(watches(), 0);
  Write("answer");
  connection_->Close(CloseKind::kFlushOnly);
  world_.RunUntilIdle();
  EXPECT_EQ(handler_.Take(), "connected x closed:local");
  EXPECT_EQ(peer_->Take(), "answer");
  EXPECT_EQ(watches(), 0);
}

TEST_F(EarlyRequestTest, ASlowAnswerIsWatchedForTheClientsEnd) {
  handler_.awaits_bytes = false;
  AcceptWithRequest();
  peer_->SendFin();
  world_.Advance(milliseconds(4));
  EXPECT_EQ(handler_.Take(), "connected x");
  world_.Advance(milliseconds(6));
  EXPECT_EQ(handler_.Take(), "END closed:peer");
}

TEST_F(EarlyRequestTest, ItsWatchBeginsInATickThatManyHaveInCommon) {
  handler_.awaits_bytes = false;
  world_.Advance(milliseconds(3));
  AcceptWithRequest();
  const std::optional<MonotonicTime> wake = world_.worker().loop.timers().NextWake();
  ASSERT_TRUE(wake.has_value());
  EXPECT_EQ(wake->time_since_epoch() % milliseconds(5), Duration(0));
}

TEST_F(EarlyRequestTest, ItIsWatchedOnceMoreIsAwaitedOrTheSocketIsFullOrThePeerIsToClose) {
  handler_.awaits_bytes = false;
  world_.memory().shape(kAddress).buffer_bytes = 100;
  AcceptWithRequest();
  Write("answer");
  handler_.awaits_bytes = true;
  world_.worker().loop.TurnWithoutWaiting();
  EXPECT_EQ(watches(), 1);
  connection_.reset();

  handler_.awaits_bytes = false;
  AcceptWithRequest();
  peer_->StopReading();
  Write(std::string(1000, 'a'));
  world_.worker().loop.TurnWithoutWaiting();
  EXPECT_EQ(watches(), 1);
  peer_->ReadOn();
  world_.RunUntilIdle();
  EXPECT_EQ(peer_->Take().size(), 1000);
  connection_.reset();

  AcceptWithRequest();
  connection_->Close(CloseKind::kFlush);
  world_.worker().loop.TurnWithoutWaiting();
  EXPECT_EQ(watches(), 1);
}

}  // namespace
}  // namespace sluice
