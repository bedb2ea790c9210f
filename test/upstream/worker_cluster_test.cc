#include "source/upstream/worker_cluster.h"

#include <memory>
#include <utility>

#include "gtest/gtest.h"
#include "source/upstream/cluster_map.h"
#include "source/upstream/original_dst.h"
#include "test/upstream/pool_fixture.h"

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
  PoolFixture fixture([](ClusterSpec& spec) { spec.breakers[0].connections_max = 1; });
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
  PoolFixture fixture([](ClusterSpec& spec) { spec.original_dst.emplace(); });
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
    spec->idle_timeout = Duration::zero();
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
