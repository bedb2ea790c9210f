#include "source/upstream/worker_cluster.h"

#include <memory>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "source/upstream/cluster_map.h"
#include "source/upstream/original_dst.h"
#include "test/upstream/pool_fixture.h"
#include "test/upstream/settings_of.h"

namespace sluice {
namespace {

TEST(WorkerCluster, PicksFromItsHosts) {
  PoolFixture fixture;
  EXPECT_EQ(fixture.cluster().PickHost(0), &fixture.host());
  EXPECT_EQ(&fixture.cluster().PoolOf(fixture.host()), &fixture.pool());
  EXPECT_EQ(fixture.stat("upstream_cx_none_healthy"), 0);
  fixture.RemoveHost();
  EXPECT_EQ(fixture.cluster().PickHost(0), nullptr);
  EXPECT_EQ(fixture.stat("upstream_cx_none_healthy"), 1);
}

// The fixture's host and two more, in turn.
class NextHosts : public testing::Test {
 protected:
  NextHosts() {
    for (int n = 2; n <= 3; ++n) {
      more_.push_back(TestHost(n));
      fixture_.world.memory().Serve(
          more_.back()->address(),
          [this](std::unique_ptr<MemoryPeer> peer) { peers_.push_back(std::move(peer)); });
    }
    fixture_.cluster().SetHosts(SetOf({fixture_.host().shared_from_this(), more_[0], more_[1]}));
  }
  ~NextHosts() override {
    fixture_.DestroyCluster();
    fixture_.Run();
  }
  // As an attempt does it.
  Host* Ask(Borrower& borrower) {
    Host* const host = fixture_.cluster().PickHost(0);
    fixture_.cluster().PoolOf(*host, fixture_.key).Request(borrower, RoutePriority::kDefault);
    fixture_.cluster().ConnectAhead(fixture_.key, RoutePriority::kDefault);
    fixture_.Run();
    return host;
  }
  size_t connections(Host* host) { return fixture_.cluster().PoolOf(*host).connections(); }

  PoolFixture fixture_{[](ClusterSpec& spec) { SettingsOf(spec).connect_ahead = 1; }};
  std::vector<std::shared_ptr<Host>> more_;
  std::vector<std::unique_ptr<MemoryPeer>> peers_;
};

TEST_F(NextHosts, HaveAConnectionBeforeTheyAreAsked) {
  Borrower a, b;
  Host* const first = Ask(a);
  EXPECT_EQ(fixture_.stat("upstream_cx_total"), 2);
  Host* const second = Ask(b);
  EXPECT_NE(second, first);
  EXPECT_EQ(connections(second), 1u);
  EXPECT_EQ(fixture_.stat("upstream_rq_pending_total"), 1);  // b's was there
  EXPECT_EQ(fixture_.stat("upstream_cx_total"), 3);
}

TEST_F(NextHosts, GetOneConnectionEachHoweverManyRequestsThereAre) {
  Borrower borrowers[6];
  for (Borrower& borrower : borrowers) Ask(borrower);
  // Of each two streams, and of the one that is next a connection for another.
  EXPECT_EQ(fixture_.stat("upstream_cx_total"), 7);
}

TEST_F(NextHosts, AreThoseOfTheSetThatThereIs) {
  Borrower a, b;
  Ask(a);
  fixture_.cluster().SetHosts(SetOf({more_[1]}));
  EXPECT_EQ(Ask(b), more_[1].get());
}

TEST_F(NextHosts, GetNoneBeyondTheBreaker) {
  Borrower a, b;
  for (uint32_t i = 0; i < 1023; ++i)
    fixture_.cluster().breaker().Acquire(RoutePriority::kDefault, BreakerResource::kConnections);
  Ask(a);
  EXPECT_EQ(fixture_.stat("upstream_cx_total"), 1);
  EXPECT_EQ(fixture_.stat("upstream_cx_overflow"), 0);
  fixture_.cluster().breaker().Release(RoutePriority::kDefault, BreakerResource::kConnections,
                                       1023);
}

TEST_F(NextHosts, GetNoneInPanic) {
  Borrower a;
  for (const auto& host : more_) host->SetFlag(HostFlag::kFailedActiveCheck, true);
  fixture_.cluster().SetHosts(SetOf({fixture_.host().shared_from_this(), more_[0], more_[1]}));
  Ask(a);
  EXPECT_EQ(fixture_.stat("upstream_cx_total"), 1);
}

TEST(WorkerCluster, ConnectionsOfAllHostsMayEndWhenOneComesOrGoes) {
  PoolFixture fixture([](ClusterSpec& spec) { SettingsOf(spec).closes_on_host_change = true; });
  Borrower a;
  fixture.Exchange(a);
  const auto host = fixture.host().shared_from_this();
  const auto other = TestHost(2);
  fixture.cluster().SetHosts(SetOf({host, other}));
  fixture.Run();
  EXPECT_TRUE(fixture.peer(0).got_fin());
  Borrower b, busy;
  fixture.Exchange(b);
  fixture.cluster().SetHosts(SetOf({other, host}));  // the same
  fixture.Run();
  EXPECT_FALSE(fixture.peer(1).got_fin());
  fixture.Ask(busy);
  fixture.Run();
  fixture.cluster().SetHosts(SetOf({host}));
  fixture.Run();
  EXPECT_FALSE(fixture.peer(1).got_fin());  // its stream ends first
  fixture.Answer(1);
  EXPECT_EQ(busy.outcome, "200 hello");
  EXPECT_TRUE(fixture.peer(1).got_fin());
  EXPECT_EQ(fixture.cluster().pools(), 0u);
}

TEST(WorkerCluster, ARemovedHostsIdleConnectionsClose) {
  PoolFixture fixture;
  Borrower a;
  fixture.Exchange(a);
  fixture.RemoveHost();
  fixture.Run();
  EXPECT_TRUE(fixture.peer(0).got_fin());
  EXPECT_EQ(fixture.cluster().pools(), 0u);
}

TEST(WorkerCluster, ARemovedHostsStreamsEndFirst) {
  PoolFixture fixture;
  Borrower a;
  fixture.Ask(a);
  fixture.Run();
  fixture.RemoveHost();
  fixture.Run();
  EXPECT_EQ(fixture.cluster().pools(), 1u);
  fixture.Answer(0);
  EXPECT_EQ(a.outcome, "200 hello");
  EXPECT_EQ(fixture.cluster().pools(), 0u);
  EXPECT_EQ(fixture.stat("upstream_cx_active"), 0);
}

TEST(WorkerCluster, WhoWaitsForARemovedHostIsServed) {
  PoolFixture fixture;
  Borrower a;
  fixture.Ask(a);
  fixture.RemoveHost();
  fixture.Run();
  ASSERT_EQ(fixture.peers(), 1u);
  fixture.Answer(0);
  EXPECT_EQ(a.outcome, "200 hello");
  EXPECT_EQ(fixture.cluster().pools(), 0u);
}

TEST(WorkerCluster, CancellingTheLastWaiterOfARemovedHostFreesIt) {
  PoolFixture fixture;
  fixture.world.memory().shape(fixture.host().address()).black_hole = true;
  Borrower a;
  fixture.Ask(a);
  fixture.Run();
  fixture.RemoveHost();
  fixture.Run();
  EXPECT_EQ(fixture.cluster().pools(), 1u);
  a.CancelWaiting();
  fixture.Run();
  EXPECT_EQ(fixture.cluster().pools(), 0u);
  EXPECT_EQ(fixture.stat("upstream_cx_connect_fail"), 0);
}

TEST(WorkerCluster, ADrainingPoolTakesNothingNew) {
  PoolFixture fixture;
  Borrower a, b;
  fixture.Exchange(a);
  ConnectionPool& pool = fixture.pool();
  pool.StartDrain();
  pool.Request(b, RoutePriority::kDefault);
  EXPECT_EQ(b.outcome, "failed: connect");
  EXPECT_EQ(b.reason, "host removed");
}

TEST(WorkerCluster, ItsEndAnswersEverybody) {
  PoolFixture fixture([](ClusterSpec& spec) { SettingsOf(spec).breakers[0].connections_max = 1; });
  Borrower streaming, waiting;
  fixture.Ask(streaming);
  fixture.Run();
  fixture.Ask(waiting);
  fixture.Run();
  fixture.DestroyCluster();
  EXPECT_EQ(streaming.outcome, "reset: connection");
  EXPECT_EQ(waiting.outcome, "failed: connect");
  EXPECT_EQ(fixture.stat("upstream_rq_active"), 0);
  EXPECT_EQ(fixture.stat("upstream_cx_active"), 0);
  EXPECT_EQ(fixture.stat("upstream_cx_destroy"), 1);
}

TEST(WorkerCluster, MakesNoMoreHostsThanMayBe) {
  PoolFixture fixture([](ClusterSpec& spec) { SettingsOf(spec).original_dst.emplace(); });
  for (size_t i = 0; i < OriginalHosts::kHostsMax; ++i) {
    ASSERT_NE(fixture.cluster().HostAt(TestAddress(static_cast<int>(i))), nullptr);
  }
  EXPECT_NE(fixture.cluster().HostAt(TestAddress(1)), nullptr);
  EXPECT_EQ(fixture.cluster().HostAt(TestAddress(OriginalHosts::kHostsMax)), nullptr);
  fixture.world.Advance(std::chrono::seconds(11));  // nobody has used them in a whole interval
  EXPECT_NE(fixture.cluster().HostAt(TestAddress(OriginalHosts::kHostsMax)), nullptr);
}

// WorkerClusters: a cluster that is replaced or removed ends with its last stream.
class ClusterMapTest : public testing::Test {
 protected:
  std::unique_ptr<WorkerCluster> MakeCluster(const char* name) {
    auto spec = std::make_shared<ClusterSpec>();
    spec->name = name;
    SettingsOf(*spec).idle_timeout = Duration::zero();
    auto breaker = std::make_shared<CircuitBreaker>(*spec);
    auto cluster = std::make_unique<WorkerCluster>(world_.worker(), world_.network(),
                                                   std::move(spec), std::move(breaker));
    cluster->SetHosts(SetOf({host_}));
    return cluster;
  }
  void Serve() {
    world_.memory().Serve(host_->address(),
                          [this](std::unique_ptr<MemoryPeer> peer) { peer_ = std::move(peer); });
  }

  SimWorld world_;
  std::shared_ptr<Host> host_ = TestHost(1);
  std::unique_ptr<MemoryPeer> peer_;
  Borrower borrower_;
  WorkerClusters clusters_;
};

TEST_F(ClusterMapTest, FindsByName) {
  EXPECT_EQ(clusters_.Find("users"), nullptr);
  auto cluster = MakeCluster("users");
  WorkerCluster* const users = cluster.get();
  clusters_.Set(std::move(cluster));
  EXPECT_EQ(clusters_.Find("users"), users);
  clusters_.Remove("users");
  EXPECT_EQ(clusters_.Find("users"), nullptr);
  clusters_.Remove("users");
  world_.RunUntilIdle();
}

TEST_F(ClusterMapTest, AReplacedClusterFinishesItsStreams) {
  Serve();
  clusters_.Set(MakeCluster("users"));
  clusters_.Find("users")->PoolOf(*host_).Request(borrower_, RoutePriority::kDefault);
  world_.RunUntilIdle();
  clusters_.Set(MakeCluster("users"));
  world_.RunUntilIdle();
  EXPECT_EQ(clusters_.Find("users")->pools(), 0u);
  EXPECT_FALSE(peer_->got_fin());
  peer_->Send("HTTP/1.1 204 No Content\r\n\r\n");
  world_.RunUntilIdle();
  EXPECT_EQ(borrower_.outcome, "204 ");
  EXPECT_TRUE(peer_->got_fin());
  peer_.reset();
  world_.RunUntilIdle();
}

TEST_F(ClusterMapTest, TheMapsEndEndsRetiredClustersToo) {
  Serve();
  {
    WorkerClusters clusters;
    clusters.Set(MakeCluster("users"));
    clusters.Find("users")->PoolOf(*host_).Request(borrower_, RoutePriority::kDefault);
    world_.RunUntilIdle();
    clusters.Remove("users");
    world_.RunUntilIdle();
    EXPECT_EQ(borrower_.outcome, "");
  }
  EXPECT_EQ(borrower_.outcome, "reset: connection");
  peer_.reset();
  world_.RunUntilIdle();
}

}  // namespace
}  // namespace sluice
