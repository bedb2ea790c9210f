#include "source/upstream/health/tcp_probe.h"

#include "absl/strings/match.h"
#include "test/upstream/health/probe_fixture.h"

namespace sluice {
namespace {

class TcpProbeTest : public ProbeFixture {
 protected:
  TcpProbeTest() { check_.probe.emplace<TcpProbeSpec>(); }
  TcpProbeSpec& tcp() { return std::get<TcpProbeSpec>(check_.probe); }
};

TEST_F(TcpProbeTest, ToBeConnectedIsEnoughWhereNothingIsToBeReceived) {
  Serve("");
  EXPECT_EQ(Ask(), "pass: connected");
  EXPECT_TRUE(peers_[0]->got_fin());
  EXPECT_EQ(Ask(), "pass: connected");
  EXPECT_EQ(peers_.size(), 2u);
}

TEST_F(TcpProbeTest, ARefusedConnectionIsAFailure) {
  EXPECT_EQ(Ask(), "network: connection refused");
}

TEST_F(TcpProbeTest, SaysItsWordAndHearsTheOthers) {
  tcp() = {.send = "PING\r\n", .receive = {"PO", "G"}};
  Serve("+PONG\r\n");
  EXPECT_EQ(Ask(), "pass: said what was expected");
  EXPECT_EQ(heard_[0], "PING\r\n");
  EXPECT_EQ(Ask(), "pass: said what was expected");
  EXPECT_EQ(peers_.size(), 1u);  // over the same connection
}

TEST_F(TcpProbeTest, ReusesNoConnectionWhereThatIsNotWanted) {
  check_.reuse_connection = false;
  tcp() = {.send = "a", .receive = {"b"}};
  Serve("b");
  Ask();
  EXPECT_EQ(Ask(), "pass: said what was expected");
  EXPECT_EQ(peers_.size(), 2u);
}

TEST_F(TcpProbeTest, OtherWordsAreNoAnswer) {
  tcp() = {.send = "PING\r\n", .receive = {"PONG"}};
  Serve("-LOADING\r\n");
  EXPECT_EQ(Ask(), "");  // its timeout ends it
  peers_[0]->SendFin();
  world_.RunUntilIdle();
  ASSERT_EQ(results_.size(), 1u);
  EXPECT_EQ(results_[0], "network: the connection was closed before the answer was complete");
}

TEST_F(TcpProbeTest, AConnectionThatWasClosedMeanwhileIsNoFailure) {
  tcp() = {.send = "a", .receive = {"b"}};
  Serve("b");
  Ask();
  peers_.clear();
  world_.RunUntilIdle();
  EXPECT_EQ(Ask(), "pass: said what was expected");
}

TEST_F(TcpProbeTest, OfAnEndlessAnswerNothingIsKept) {
  tcp() = {.send = "a", .receive = {"needle"}};
  Serve("");
  Ask();
  for (int i = 0; i < 256; ++i) {
    peers_[0]->Send(std::string(16_KiB, 'x'));
    world_.RunUntilIdle();
  }
  peers_[0]->Send("need");
  world_.RunUntilIdle();
  peers_[0]->Send("le");
  world_.RunUntilIdle();
  ASSERT_EQ(results_.size(), 1u);
  EXPECT_EQ(results_[0], "pass: said what was expected");
}

}  // namespace
}  // namespace sluice
