#include "source/upstream/connection_pool.h"

#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "test/upstream/pool_fixture.h"
#include "test/upstream/settings_of.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(ConnectionPool, OpensAConnectionAndUsesItAgain) {
  PoolFixture fixture;
  Borrower first, second;
  EXPECT_EQ(fixture.Exchange(first), "200 hello");
  EXPECT_FALSE(first.reused);
  EXPECT_EQ(fixture.Exchange(second), "200 hello");
  EXPECT_TRUE(second.reused);
  EXPECT_EQ(fixture.peers(), 1u);
  EXPECT_EQ(fixture.pool().connections(), 1u);
  EXPECT_EQ(fixture.stat("upstream_cx_total"), 1);
  EXPECT_EQ(fixture.stat("upstream_cx_http1_total"), 1);
  EXPECT_EQ(fixture.stat("upstream_cx_active"), 1);
  EXPECT_EQ(fixture.stat("upstream_rq_total"), 2);
  EXPECT_EQ(fixture.stat("upstream_rq_active"), 0);
  EXPECT_EQ(fixture.stat("upstream_rq_pending_total"), 1);
  EXPECT_EQ(fixture.stat("upstream_rq_pending_active"), 0);
  EXPECT_EQ(fixture.stat("upstream_cx_connect_ms"), 1);
}

TEST(ConnectionPool, CountsForTheHost) {
  PoolFixture fixture;
  Borrower first, second;
  fixture.Exchange(first);
  fixture.Ask(second);
  fixture.Run();
  EXPECT_EQ(fixture.host().rq_total, 2u);
  EXPECT_EQ(fixture.host().rq_active, 1u);
  EXPECT_EQ(fixture.host().cx_total, 1u);
  EXPECT_EQ(fixture.host().cx_active, 1u);
  fixture.Answer(0);
  EXPECT_EQ(fixture.host().rq_active, 0u);
}

TEST(ConnectionPool, CountsBytesOfBothDirections) {
  PoolFixture fixture;
  Borrower borrower;
  fixture.Ask(borrower);
  fixture.Run();
  const auto sent = static_cast<int64_t>(fixture.peer(0).received().size());
  const std::string answer = "HTTP/1.1 204 No Content\r\n\r\n";
  fixture.AnswerRaw(0, answer);
  fixture.DestroyCluster();
  EXPECT_EQ(fixture.stat("upstream_cx_tx_bytes_total"), sent);
  EXPECT_EQ(fixture.stat("upstream_cx_rx_bytes_total"), static_cast<int64_t>(answer.size()));
}

TEST(ConnectionPool, TakesTheLastReturnedFirst) {
  PoolFixture fixture;
  Borrower a, b, c;
  fixture.Ask(a);
  fixture.Ask(b);
  fixture.Run();
  ASSERT_EQ(fixture.peers(), 2u);
  fixture.Answer(1);
  fixture.Answer(0);
  fixture.Ask(c);
  fixture.Run();
  EXPECT_FALSE(fixture.peer(0).received().empty());
  EXPECT_TRUE(fixture.peer(1).received().empty());
  EXPECT_EQ(fixture.peers(), 2u);
  fixture.Answer(0);
}

TEST(ConnectionPool, ASecondRequestWhileTheFirstIsBusyOpensASecondConnection) {
  PoolFixture fixture;
  Borrower a, b;
  fixture.Ask(a);
  fixture.Run();
  fixture.Ask(b);
  fixture.Run();
  EXPECT_EQ(fixture.peers(), 2u);
  fixture.Answer(0, "one");
  fixture.Answer(1, "two");
  EXPECT_EQ(a.outcome, "200 one");
  EXPECT_EQ(b.outcome, "200 two");
}

TEST(ConnectionPool, AConnectionReturnedInTheSameTurnServesWhoWaits) {
  PoolFixture fixture;
  Borrower a, b;
  fixture.Exchange(a);
  Borrower busy;
  fixture.Ask(busy);
  fixture.Run();
  // The answer and the next request come in one turn.
  busy.on_end = [&] { fixture.Ask(b); };
  fixture.Answer(0);
  EXPECT_EQ(fixture.peers(), 1u);
  EXPECT_FALSE(fixture.peer(0).received().empty());
  fixture.Answer(0, "bye");
  EXPECT_EQ(b.outcome, "200 bye");
}

TEST(ConnectionPool, OpensConnectionsAheadWhereItIsToldTo) {
  PoolFixture fixture([](ClusterSpec& spec) { SettingsOf(spec).preconnect_ratio = 1.5; });
  Borrower a, b, c;
  fixture.Ask(a);
  fixture.Run();
  EXPECT_EQ(fixture.peers(), 2u);  // 1.5, rounded up
  fixture.Ask(b);
  fixture.Run();
  EXPECT_EQ(fixture.peers(), 3u);
  EXPECT_EQ(fixture.stat("upstream_rq_pending_total"), 1);  // b's was there
}

TEST(ConnectionPool, OpensNoneAheadBeyondTheBreaker) {
  PoolFixture fixture([](ClusterSpec& spec) {
    SettingsOf(spec).preconnect_ratio = 3.0;
    SettingsOf(spec).breakers[0].connections_max = 2;
  });
  Borrower a;
  fixture.Ask(a);
  fixture.Run();
  EXPECT_EQ(fixture.peers(), 2u);
  EXPECT_EQ(fixture.stat("upstream_cx_overflow"), 0);
}

TEST(ConnectionPool, WaitersAreServedInOrder) {
  PoolFixture fixture([](ClusterSpec& spec) { SettingsOf(spec).breakers[0].connections_max = 1; });
  Borrower a, b, c;
  fixture.Ask(a);
  fixture.Ask(b);
  fixture.Ask(c);
  fixture.Run();
  EXPECT_EQ(fixture.peers(), 1u);
  fixture.Answer(0, "1");
  EXPECT_EQ(a.outcome, "200 1");
  fixture.Answer(0, "2");
  EXPECT_EQ(b.outcome, "200 2");
  fixture.Answer(0, "3");
  EXPECT_EQ(c.outcome, "200 3");
  EXPECT_EQ(fixture.peers(), 1u);
}

TEST(ConnectionPool, IdleConnectionsTimeOut) {
  PoolFixture fixture([](ClusterSpec& spec) { SettingsOf(spec).idle_timeout = seconds(10); });
  Borrower a, b;
  fixture.Exchange(a);
  fixture.world.Advance(seconds(9));
  fixture.Exchange(b);  // starts the time anew
  fixture.world.Advance(seconds(9));
  EXPECT_EQ(fixture.pool().connections(), 1u);
  fixture.world.Advance(seconds(1));
  EXPECT_EQ(fixture.pool().connections(), 0u);
  EXPECT_TRUE(fixture.peer(0).got_fin());
  EXPECT_EQ(fixture.stat("upstream_cx_idle_timeout"), 1);
  EXPECT_EQ(fixture.stat("upstream_cx_destroy"), 1);
  EXPECT_EQ(fixture.stat("upstream_cx_destroy_local"), 1);
  EXPECT_EQ(fixture.stat("upstream_cx_active"), 0);
}

TEST(ConnectionPool, ABusyConnectionDoesNotTimeOut) {
  PoolFixture fixture([](ClusterSpec& spec) { SettingsOf(spec).idle_timeout = seconds(10); });
  Borrower a, b;
  fixture.Exchange(a);
  fixture.world.Advance(seconds(5));
  fixture.Ask(b);
  fixture.world.Advance(seconds(60));
  EXPECT_EQ(b.outcome, "");
  fixture.Answer(0);
  EXPECT_EQ(b.outcome, "200 hello");
  EXPECT_EQ(fixture.pool().connections(), 1u);
  fixture.world.Advance(seconds(10));
  EXPECT_EQ(fixture.pool().connections(), 0u);
}

TEST(ConnectionPool, RequestsPerConnectionAreBounded) {
  PoolFixture fixture([](ClusterSpec& spec) { SettingsOf(spec).requests_per_connection_max = 2; });
  for (int i = 0; i < 5; ++i) {
    Borrower borrower;
    EXPECT_EQ(fixture.Exchange(borrower), "200 hello");
    EXPECT_EQ(borrower.reused, i % 2 == 1);
  }
  EXPECT_EQ(fixture.peers(), 3u);
  EXPECT_EQ(fixture.stat("upstream_cx_max_requests"), 2);
  EXPECT_EQ(fixture.pool().connections(), 1u);
}

TEST(ConnectionPool, AConnectionThatReachesItsAgeFinishesFirst) {
  PoolFixture fixture(
      [](ClusterSpec& spec) { SettingsOf(spec).connection_duration_max = seconds(30); });
  Borrower a, b;
  fixture.Exchange(a);
  fixture.world.Advance(seconds(29));
  fixture.Ask(b);
  fixture.world.Advance(seconds(2));
  EXPECT_EQ(fixture.stat("upstream_cx_max_duration_reached"), 1);
  EXPECT_EQ(fixture.pool().connections(), 1u);
  fixture.Answer(0);
  EXPECT_EQ(b.outcome, "200 hello");
  EXPECT_EQ(fixture.pool().connections(), 0u);
}

TEST(ConnectionPool, AnIdleConnectionThatReachesItsAgeCloses) {
  PoolFixture fixture(
      [](ClusterSpec& spec) { SettingsOf(spec).connection_duration_max = seconds(30); });
  Borrower a;
  fixture.Exchange(a);
  fixture.world.Advance(seconds(30));
  EXPECT_EQ(fixture.pool().connections(), 0u);
}

TEST(ConnectionPool, PrioritiesDoNotShareConnections) {
  PoolFixture fixture;
  Borrower a, b;
  fixture.Exchange(a);
  fixture.Ask(b, RoutePriority::kHigh);
  fixture.Run();
  EXPECT_EQ(fixture.peers(), 2u);
  EXPECT_EQ(fixture.cluster().breaker().in_use(RoutePriority::kHigh, BreakerResource::kRequests),
            1u);
  EXPECT_EQ(fixture.cluster().breaker().in_use(RoutePriority::kHigh, BreakerResource::kConnections),
            1u);
  fixture.Answer(1);
}

TEST(ConnectionPool, ACancelledWaitersConnectionIsKeptForTheNext) {
  PoolFixture fixture;
  Borrower a, b;
  fixture.world.memory().shape(fixture.host().address()).latency = milliseconds(5);
  fixture.Ask(a);
  fixture.world.Advance(milliseconds(1));
  EXPECT_TRUE(a.waiting());
  a.CancelWaiting();
  EXPECT_FALSE(a.waiting());
  a.CancelWaiting();
  fixture.world.Advance(milliseconds(100));
  EXPECT_EQ(a.outcome, "");
  EXPECT_EQ(fixture.stat("upstream_rq_cancelled"), 1);
  EXPECT_EQ(fixture.stat("upstream_rq_pending_active"), 0);
  EXPECT_EQ(fixture.pool().connections(), 1u);
  fixture.Ask(b);
  fixture.world.Advance(milliseconds(100));
  EXPECT_EQ(fixture.peers(), 1u);
  fixture.Answer(0);
  fixture.world.Advance(milliseconds(100));
  EXPECT_EQ(b.outcome, "200 hello");
}

TEST(ConnectionPool, DestroyingAWaiterCancelsIt) {
  PoolFixture fixture;
  auto borrower = std::make_unique<Borrower>();
  fixture.Ask(*borrower);
  borrower.reset();
  fixture.Run();
  // It went before the turn's end: nothing was opened for it.
  EXPECT_EQ(fixture.peers(), 0u);
  EXPECT_EQ(fixture.stat("upstream_rq_cancelled"), 1);
  EXPECT_TRUE(fixture.pool().empty());
}

TEST(ConnectionPool, ABodyGoesOut) {
  PoolFixture fixture;
  Borrower borrower("some body");
  fixture.Ask(borrower);
  fixture.Run();
  const std::string sent = fixture.peer(0).received();
  EXPECT_EQ(sent.substr(sent.find("\r\n\r\n") + 4), "some body");
  fixture.Answer(0);
  EXPECT_EQ(borrower.outcome, "200 hello");
  EXPECT_EQ(fixture.pool().connections(), 1u);
}

}  // namespace
}  // namespace sluice
