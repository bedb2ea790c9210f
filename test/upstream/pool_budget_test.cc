// What taking and returning a pooled connection costs: no heap allocation.
#include <cstdint>

#include "gtest/gtest.h"
#include "source/upstream/connection_pool.h"
#include "test/harness/alloc_counter.h"
#include "test/upstream/pool_fixture.h"
#include "test/upstream/settings_of.h"

namespace sluice {
namespace {

// Runs when the turn's other work, the return of the connection among it, is done.
class EndOfTurnProbe final : public EndOfTurnTask {
 public:
  uint64_t allocations_at_end = 0;
  void RunEndOfTurn() override { allocations_at_end = AllocationsSoFar(); }
};

// A waiter that takes a connection and sends nothing: what is measured is the pool, not the codec.
class Taker final : public PoolWaiter {
 public:
  explicit Taker(Borrower& borrower) : borrower_(borrower) {}
  void OnPoolReady(ClientConnection& connection) override {
    const AllocCounter counter;
    stream = &connection.StartStream(borrower_);
    allocations = counter.count();
    borrower_.connection = &connection;
    borrower_.stream = stream;
    borrower_.SendRequest();
  }
  void OnPoolFailure(PoolFailure, absl::string_view) override { ADD_FAILURE(); }
  CodecStream* stream = nullptr;
  uint64_t allocations = 1;

 private:
  Borrower& borrower_;
};

TEST(PoolBudget, TakingAndReturningAllocateNothing) {
  PoolFixture fixture(
      [](ClusterSpec& spec) { SettingsOf(spec).idle_timeout = std::chrono::hours(1); });
  for (int i = 0; i < 4; ++i) {
    Borrower warm;
    fixture.Exchange(warm);
  }
  for (int i = 0; i < 100; ++i) {
    Borrower borrower;
    Taker taker(borrower);
    EndOfTurnProbe probe;
    uint64_t at_end_of_stream = 0;
    borrower.on_end = [&] {
      fixture.world.worker().loop.AtEndOfTurn(probe);
      at_end_of_stream = AllocationsSoFar();
    };
    fixture.pool().Request(taker, RoutePriority::kDefault);
    EXPECT_EQ(taker.allocations, 0u);
    fixture.Run();
    fixture.Answer(0);
    EXPECT_EQ(borrower.outcome, "200 hello");
    EXPECT_EQ(probe.allocations_at_end - at_end_of_stream, 0u);
  }
  EXPECT_EQ(fixture.peers(), 1u);
}

}  // namespace
}  // namespace sluice
