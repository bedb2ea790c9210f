// What a pool does when connecting fails, limits are reached, and upstreams misbehave or die.
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "source/upstream/connection_pool.h"
#include "test/harness/fault_schedule.h"
#include "test/upstream/pool_fixture.h"
#include "test/upstream/settings_of.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kDefault = RoutePriority::kDefault;

TEST(PoolFailures, ARefusedConnectionFailsItsWaiterWithTheReason) {
  PoolFixture fixture;
  fixture.world.memory().StopServing(fixture.host().address());
  Borrower borrower;
  fixture.Ask(borrower);
  fixture.Run();
  EXPECT_EQ(borrower.outcome, "failed: connect");
  EXPECT_EQ(borrower.reason, "delayed connect error: Connection refused");
  EXPECT_EQ(fixture.stat("upstream_cx_connect_fail"), 1);
  EXPECT_EQ(fixture.stat("upstream_cx_connect_timeout"), 0);
  EXPECT_EQ(fixture.stat("upstream_cx_destroy_remote"), 1);
  EXPECT_EQ(fixture.stat("upstream_cx_active"), 0);
  EXPECT_EQ(fixture.stat("upstream_rq_pending_failure_eject"), 1);
  EXPECT_EQ(fixture.stat("upstream_rq_pending_active"), 0);
  EXPECT_EQ(fixture.stat("upstream_rq_total"), 0);
  EXPECT_EQ(fixture.host().cx_connect_fail, 1u);
  EXPECT_TRUE(fixture.pool().empty());
}

TEST(PoolFailures, AfterAFailureTheNextRequestTriesAnew) {
  PoolFixture fixture;
  fixture.world.memory().shape(fixture.host().address()).refuse = true;
  Borrower a, b;
  fixture.Ask(a);
  fixture.Run();
  EXPECT_EQ(a.outcome, "failed: connect");
  fixture.world.memory().shape(fixture.host().address()).refuse = false;
  EXPECT_EQ(fixture.Exchange(b), "200 hello");
}

TEST(PoolFailures, AWaiterMayAskAgainFromItsFailure) {
  PoolFixture fixture;
  fixture.world.memory().shape(fixture.host().address()).refuse = true;
  Borrower a, b;
  a.on_end = [&] {
    fixture.world.memory().shape(fixture.host().address()).refuse = false;
    fixture.Ask(b);
  };
  fixture.Ask(a);
  fixture.Run();
  EXPECT_EQ(b.outcome, "");
  ASSERT_EQ(fixture.peers(), 1u);
  fixture.Answer(0);
  EXPECT_EQ(b.outcome, "200 hello");
}

TEST(PoolFailures, ASilentHostTimesOut) {
  PoolFixture fixture(
      [](ClusterSpec& spec) { SettingsOf(spec).connection.connect_timeout = seconds(3); });
  fixture.world.memory().shape(fixture.host().address()).black_hole = true;
  Borrower borrower;
  fixture.Ask(borrower);
  fixture.world.Advance(milliseconds(2999));
  EXPECT_EQ(borrower.outcome, "");
  fixture.world.Advance(milliseconds(2));
  EXPECT_EQ(borrower.outcome, "failed: timeout");
  EXPECT_EQ(borrower.reason, "connection timeout");
  EXPECT_EQ(fixture.stat("upstream_cx_connect_timeout"), 1);
  EXPECT_EQ(fixture.stat("upstream_cx_connect_fail"), 1);
  EXPECT_TRUE(fixture.pool().empty());
}

TEST(PoolFailures, WithoutAnyConnectionLeftAllWaitersFail) {
  PoolFixture fixture([](ClusterSpec& spec) { SettingsOf(spec).breakers[0].connections_max = 1; });
  fixture.world.memory().shape(fixture.host().address()).refuse = true;
  Borrower a, b, c;
  fixture.Ask(a);
  fixture.Ask(b);
  fixture.Ask(c);
  fixture.Run();
  EXPECT_EQ(a.outcome, "failed: connect");
  EXPECT_EQ(b.outcome, "failed: connect");
  EXPECT_EQ(c.outcome, "failed: connect");
}

TEST(PoolFailures, AWaiterThatAWorkingConnectionCanServeDoesNotFailWithAnother) {
  PoolFixture fixture;
  Borrower a, b, c;
  fixture.Ask(a);
  fixture.Run();
  fixture.world.memory().shape(fixture.host().address()).black_hole = true;
  fixture.Ask(b);
  fixture.Ask(c);
  fixture.Run();
  fixture.Answer(0);  // and b gets its connection
  fixture.Answer(0);  // and c gets it
  fixture.Answer(0, "last");
  EXPECT_EQ(b.outcome, "200 hello");
  EXPECT_EQ(c.outcome, "200 last");
  fixture.world.Advance(seconds(6));
  EXPECT_EQ(fixture.stat("upstream_cx_connect_timeout"), 2);
  EXPECT_EQ(c.outcome, "200 last");
}

TEST(PoolFailures, ACancelledWaitersConnectionFailsNobodyElse) {
  PoolFixture fixture;
  fixture.world.memory().shape(fixture.host().address()).black_hole = true;
  Borrower a, b;
  fixture.Ask(a);
  fixture.world.Advance(seconds(1));
  fixture.Ask(b);
  fixture.Run();
  a.CancelWaiting();
  fixture.world.Advance(milliseconds(4500));
  EXPECT_EQ(fixture.stat("upstream_cx_connect_timeout"), 1);
  EXPECT_EQ(b.outcome, "");  // its own connection has half a second left
  fixture.world.Advance(seconds(1));
  EXPECT_EQ(b.outcome, "failed: timeout");
}

TEST(PoolFailures, PendingRequestsAreBounded) {
  PoolFixture fixture(
      [](ClusterSpec& spec) { SettingsOf(spec).breakers[0].pending_requests_max = 2; });
  Borrower a, b, c;
  fixture.Ask(a);
  fixture.Ask(b);
  fixture.Ask(c);
  EXPECT_EQ(c.outcome, "failed: overflow");
  EXPECT_EQ(fixture.stat("upstream_rq_pending_overflow"), 1);
  fixture.Run();
  Borrower d;
  fixture.Ask(d);  // they wait no more
  fixture.Run();
  EXPECT_EQ(d.outcome, "");
}

TEST(PoolFailures, RequestsAreBounded) {
  PoolFixture fixture([](ClusterSpec& spec) { SettingsOf(spec).breakers[0].requests_max = 1; });
  Borrower a, b, c;
  fixture.Ask(a);
  fixture.Run();
  fixture.Ask(b);
  fixture.Run();
  EXPECT_EQ(b.outcome, "failed: overflow");
  EXPECT_EQ(fixture.stat("upstream_rq_pending_overflow"), 1);
  fixture.Answer(0);
  EXPECT_EQ(a.outcome, "200 hello");
  fixture.Ask(c);
  fixture.Run();
  EXPECT_EQ(c.outcome, "");
  EXPECT_EQ(fixture.cluster().breaker().in_use(kDefault, BreakerResource::kRequests), 1u);
}

TEST(PoolFailures, ConnectionsAreBoundedButAHostMayHaveOne) {
  PoolFixture fixture([](ClusterSpec& spec) { SettingsOf(spec).breakers[0].connections_max = 0; });
  Borrower a, b;
  fixture.Ask(a);
  fixture.Run();
  EXPECT_EQ(fixture.peers(), 1u);
  EXPECT_EQ(fixture.stat("upstream_cx_overflow"), 1);
  fixture.Ask(b);
  fixture.Run();
  EXPECT_EQ(fixture.peers(), 1u);
  EXPECT_EQ(fixture.stat("upstream_cx_overflow"), 2);
  fixture.Answer(0);
  fixture.Answer(0, "b");
  EXPECT_EQ(b.outcome, "200 b");
}

TEST(PoolFailures, WhenTheOnlyConnectionDiesTheWaiterGetsANewOne) {
  PoolFixture fixture([](ClusterSpec& spec) { SettingsOf(spec).breakers[0].connections_max = 1; });
  Borrower a, b;
  fixture.Ask(a);
  fixture.Run();
  fixture.Ask(b);
  fixture.Run();
  fixture.peer(0).Reset();
  fixture.Run();
  EXPECT_EQ(a.outcome, "reset: connection");
  ASSERT_EQ(fixture.peers(), 2u);
  fixture.Answer(1);
  EXPECT_EQ(b.outcome, "200 hello");
}

TEST(PoolFailures, AnIdleConnectionThatThePeerClosesIsForgotten) {
  PoolFixture fixture;
  Borrower a, b;
  fixture.Exchange(a);
  fixture.peer(0).SendFin();
  fixture.Run();
  EXPECT_EQ(fixture.pool().connections(), 0u);
  EXPECT_EQ(fixture.stat("upstream_cx_destroy"), 1);
  EXPECT_EQ(fixture.stat("upstream_cx_protocol_error"), 0);
  EXPECT_EQ(fixture.stat("upstream_cx_destroy_with_active_rq"), 0);
  EXPECT_EQ(fixture.Exchange(b), "200 hello");
  EXPECT_FALSE(b.reused);
}

TEST(PoolFailures, AnIdleConnectionThatThePeerResetsIsForgotten) {
  PoolFixture fixture;
  Borrower a;
  fixture.Exchange(a);
  fixture.peer(0).Reset();
  fixture.Run();
  EXPECT_EQ(fixture.pool().connections(), 0u);
  EXPECT_EQ(fixture.stat("upstream_cx_destroy_remote"), 1);
}

TEST(PoolFailures, BytesThatNobodyAskedForCloseAnIdleConnection) {
  PoolFixture fixture;
  Borrower a;
  fixture.Exchange(a);
  fixture.AnswerRaw(0, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  EXPECT_EQ(fixture.pool().connections(), 0u);
  EXPECT_EQ(fixture.stat("upstream_cx_protocol_error"), 1);
}

TEST(PoolFailures, AFarewell408IsNoProtocolError) {
  PoolFixture fixture;
  Borrower a;
  fixture.Exchange(a);
  fixture.AnswerRaw(0, "HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n");
  EXPECT_EQ(fixture.pool().connections(), 0u);
  EXPECT_EQ(fixture.stat("upstream_cx_protocol_error"), 0);
}

TEST(PoolFailures, BytesBehindAResponseCloseTheConnection) {
  PoolFixture fixture;
  Borrower a;
  fixture.Ask(a);
  fixture.Run();
  fixture.AnswerRaw(0, "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n");
  EXPECT_EQ(a.outcome, "204 ");
  EXPECT_EQ(fixture.pool().connections(), 0u);
  EXPECT_EQ(fixture.stat("upstream_cx_protocol_error"), 1);
}

TEST(PoolFailures, AMalformedResponseResetsTheStream) {
  PoolFixture fixture;
  Borrower a;
  fixture.Ask(a);
  fixture.Run();
  fixture.AnswerRaw(0, "HTTP/1.1 banana\r\n\r\n");
  EXPECT_EQ(a.outcome, "reset: protocol error");
  EXPECT_EQ(fixture.pool().connections(), 0u);
  EXPECT_EQ(fixture.stat("upstream_cx_protocol_error"), 1);
  EXPECT_EQ(fixture.stat("upstream_rq_active"), 0);
}

TEST(PoolFailures, AResponseThatSaysCloseEndsTheConnection) {
  PoolFixture fixture;
  Borrower a, b;
  fixture.Ask(a);
  fixture.Run();
  fixture.AnswerRaw(0, "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok");
  EXPECT_EQ(a.outcome, "200 ok");
  EXPECT_EQ(fixture.pool().connections(), 0u);
  EXPECT_EQ(fixture.Exchange(b), "200 hello");
  EXPECT_FALSE(b.reused);
}

TEST(PoolFailures, AResponseThatEndsWithItsConnectionIsWhole) {
  PoolFixture fixture;
  Borrower a;
  fixture.Ask(a);
  fixture.Run();
  fixture.peer(0).Send("HTTP/1.1 200 OK\r\n\r\nuntil the end");
  fixture.peer(0).SendFin();
  fixture.Run();
  EXPECT_EQ(a.outcome, "200 until the end");
  EXPECT_EQ(fixture.pool().connections(), 0u);
}

// A reader that is slower than its upstream gets everything, though the upstream's FIN has long
// come.
TEST(PoolFailures, AnUpstreamThatEndsBeforeASlowReaderHasReadLosesNothing) {
  const std::string body(300'000, 'x');
  for (const bool until_close : {false, true}) {
    PoolFixture fixture;
    Borrower a;
    a.pause_at_data = true;
    fixture.Ask(a);
    fixture.Run();
    fixture.peer(0).Send(until_close ? std::string("HTTP/1.1 200 OK\r\n\r\n")
                                     : "HTTP/1.1 200 OK\r\ncontent-length: 300000\r\n\r\n");
    fixture.peer(0).Send(body);
    fixture.peer(0).SendFin();
    fixture.Run();
    int pauses = 0;
    for (; a.stream != nullptr && pauses < 1000; ++pauses) {
      a.stream->ResumeReading();
      fixture.world.Advance(milliseconds(10));
    }
    EXPECT_GT(pauses, 2);
    EXPECT_EQ(a.outcome, "200 " + body);
    EXPECT_EQ(fixture.pool().connections(), 0u);
  }
}

TEST(PoolFailures, AStreamThatEndsPausedLeavesItsConnectionReading) {
  PoolFixture fixture;
  Borrower a, b;
  a.pause_at_data = true;
  EXPECT_EQ(fixture.Exchange(a), "200 hello");
  EXPECT_EQ(fixture.Exchange(b), "200 hello");
  EXPECT_TRUE(b.reused);
}

TEST(PoolFailures, GivingUpAStreamClosesItsConnection) {
  PoolFixture fixture;
  Borrower a;
  fixture.Ask(a);
  fixture.Run();
  fixture.AnswerRaw(0, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhal");
  a.Reset();
  fixture.Run();
  EXPECT_EQ(a.outcome, "gave up");
  EXPECT_EQ(fixture.pool().connections(), 0u);
  EXPECT_TRUE(fixture.peer(0).got_fin() || fixture.peer(0).got_reset());
  EXPECT_EQ(fixture.stat("upstream_rq_tx_reset"), 1);
  EXPECT_EQ(fixture.stat("upstream_rq_active"), 0);
  EXPECT_EQ(fixture.cluster().breaker().in_use(kDefault, BreakerResource::kRequests), 0u);
}

TEST(PoolFailures, AnUpstreamThatDiesInTheMiddleOfAResponse) {
  for (const bool reset : {false, true}) {
    PoolFixture fixture;
    Borrower a;
    fixture.Ask(a);
    fixture.Run();
    fixture.AnswerRaw(0, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhal");
    reset ? fixture.peer(0).Reset() : fixture.peer(0).SendFin();
    fixture.Run();
    EXPECT_EQ(a.outcome, "reset: connection");
    EXPECT_TRUE(a.any_byte);
    EXPECT_FALSE(a.reused);
    EXPECT_EQ(fixture.pool().connections(), 0u);
    EXPECT_EQ(fixture.stat("upstream_rq_active"), 0);
    EXPECT_EQ(fixture.cluster().breaker().in_use(kDefault, BreakerResource::kConnections), 0u);
  }
}

TEST(PoolFailures, DiedWithARequestIsCounted) {
  PoolFixture fixture;
  Borrower a;
  fixture.Ask(a);
  fixture.Run();
  fixture.peer(0).Reset();
  fixture.Run();
  EXPECT_EQ(fixture.stat("upstream_cx_destroy_with_active_rq"), 1);
}

// The peer's idle close and our next request pass each other on the wire: what the router needs to
// know to try once more (RFC 9112 section 9.3.1): a reused connection, and not a byte of a
// response.
TEST(PoolFailures, AStaleConnectionIsTellable) {
  for (const bool reset : {false, true}) {
    PoolFixture fixture;
    fixture.world.memory().shape(fixture.host().address()).latency = milliseconds(10);
    Borrower a, b;
    fixture.Ask(a);
    fixture.world.Advance(milliseconds(100));
    fixture.Answer(0);
    ASSERT_EQ(a.outcome, "200 hello");
    reset ? fixture.peer(0).Reset() : fixture.peer(0).SendFin();
    fixture.Ask(b);  // the end is still under way
    fixture.world.Advance(milliseconds(100));
    EXPECT_EQ(b.outcome, "reset: connection");
    EXPECT_TRUE(b.reused);
    EXPECT_FALSE(b.any_byte);
    EXPECT_EQ(fixture.pool().connections(), 0u);
    EXPECT_EQ(fixture.stat("upstream_rq_active"), 0);
  }
}

TEST(PoolFailures, ARetryFromTheResetGetsAnotherConnection) {
  PoolFixture fixture;
  Borrower a, b, again;
  fixture.Exchange(a);
  b.on_end = [&] { fixture.Ask(again); };
  fixture.Ask(b);
  fixture.peer(0).Reset();
  fixture.Run();
  EXPECT_EQ(b.outcome, "reset: connection");
  EXPECT_TRUE(b.reused);
  ASSERT_EQ(fixture.peers(), 2u);
  fixture.Answer(1);
  EXPECT_EQ(again.outcome, "200 hello");
  EXPECT_FALSE(again.reused);
}

// Whatever call fails, each request has one outcome and nothing is left over.
TEST(PoolFailures, EveryIoCallMayFail) {
  const uint64_t runs = RunUnderFaults([](FaultSchedule& faults) {
    PoolFixture fixture;
    faults.Arm(fixture.world);
    std::vector<std::unique_ptr<Borrower>> borrowers;
    for (int i = 0; i < 3; ++i) {
      borrowers.push_back(std::make_unique<Borrower>(i == 1 ? "body" : ""));
      fixture.Exchange(*borrowers.back());
      fixture.world.Advance(seconds(2));
    }
    for (const auto& borrower : borrowers) {
      EXPECT_FALSE(borrower->outcome.empty());
      EXPECT_EQ(borrower->outcome.find("then"), std::string::npos);
      if (!faults.happened()) {
        EXPECT_EQ(borrower->outcome, "200 hello");
      }
    }
    const CircuitBreaker& breaker = fixture.cluster().breaker();
    EXPECT_EQ(fixture.stat("upstream_rq_active"), 0);
    EXPECT_EQ(fixture.stat("upstream_rq_pending_active"), 0);
    EXPECT_EQ(breaker.in_use(kDefault, BreakerResource::kRequests), 0u);
    EXPECT_EQ(breaker.in_use(kDefault, BreakerResource::kPendingRequests), 0u);
    EXPECT_EQ(breaker.in_use(kDefault, BreakerResource::kConnections),
              fixture.pool().connections());
  });
  EXPECT_GT(runs, 8u);
}

}  // namespace
}  // namespace sluice
