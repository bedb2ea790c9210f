#include "source/listener/connection_balance.h"

#include "test/listener/listener_fixture.h"

namespace sluice {
namespace {

class ConnectionBalanceTest : public ListenerTest {
 protected:
  // Two parts of one listener behind one socket.
  void StartBoth() {
    std::string errors;
    const auto config =
        Parse(Chain("a") + "connection_balance_config { exact_balance {} }", &errors);
    ASSERT_EQ(errors, "");
    auto socket =
        world_.network().Listen(world_.worker(0).loop.poller(), config->address, config->listen);
    ASSERT_TRUE(socket.ok());
    auto shared = (*socket)->Share(world_.worker(1).loop.poller());
    ASSERT_TRUE(shared.ok());
    listener_ = std::make_unique<WorkerListener>(
        world_.worker(0), config,
        WorkerListener::Place{.socket = *std::move(socket), .balance = &balance_});
    other_ = std::make_unique<WorkerListener>(
        world_.worker(1), config,
        WorkerListener::Place{.socket = *std::move(shared), .balance = &balance_});
    listener_->Start();
    other_->Start();
  }
  void TearDown() override {
    other_.reset();
    ListenerTest::TearDown();
  }
  std::vector<size_t> Held() const { return {listener_->connections(), other_->connections()}; }

  ConnectionBalance balance_{std::vector<WorkerContext*>{&world_.worker(0), &world_.worker(1)}};
  std::unique_ptr<WorkerListener> other_;
};

TEST_F(ConnectionBalanceTest, TheWorkerWithTheFewestIsNext) {
  EXPECT_EQ(balance_.TakePlace(1), 1u);  // of equals the one that asks
  EXPECT_EQ(balance_.TakePlace(1), 0u);
  EXPECT_EQ(balance_.TakePlace(0), 0u);
  EXPECT_EQ(balance_.TakePlace(0), 1u);
  balance_.LeavePlace(0);
  balance_.TakePlaceOf(1);
  EXPECT_EQ(balance_.TakePlace(1), 0u);
  EXPECT_EQ(balance_.TakePlace(1), 0u);
}

TEST_F(ConnectionBalanceTest, ConnectionsGoToTheWorkerWithTheFewest) {
  StartBoth();
  std::vector<std::unique_ptr<MemoryPeer>> peers;
  for (int i = 0; i < 6; ++i) peers.push_back(Dial());
  EXPECT_EQ(Held(), (std::vector<size_t>{3, 3}));
  peers[0].reset();
  peers[2].reset();
  world_.RunUntilIdle();
  const std::vector<size_t> fewer = Held();
  EXPECT_EQ(fewer[0] + fewer[1], 4u);
  for (int i = 0; i < 2; ++i) peers.push_back(Dial());
  EXPECT_EQ(Held(), (std::vector<size_t>{3, 3}));
  peers.back()->Send("hello");
  world_.RunUntilIdle();
  EXPECT_EQ(taken_.back()->bytes, "hello");
}

TEST_F(ConnectionBalanceTest, AConnectionForAWorkerThatIsGoneIsClosed) {
  StartBoth();
  auto first = Dial();
  const bool kept_here = listener_->connections() == 1;
  std::unique_ptr<WorkerListener>& gone = kept_here ? other_ : listener_;
  gone.reset();
  auto second = Dial();
  EXPECT_TRUE(second->got_fin() || second->got_reset());
  EXPECT_EQ((kept_here ? listener_ : other_)->connections(), 1u);
}

}  // namespace
}  // namespace sluice
