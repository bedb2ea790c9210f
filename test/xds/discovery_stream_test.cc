#include "source/xds/discovery_stream.h"

#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "envoy/service/discovery/v3/discovery.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "test/harness/fake_control_plane.h"
#include "test/harness/sim_world.h"

namespace sluice {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class CollectingUser final : public ResourceUser {
 public:
  std::vector<ResourceError> OnResources(const std::vector<Resource>& resources,
                                         const std::vector<std::string>& gone) override {
    for (const Resource& resource : resources) got.push_back(resource.name);
    for (const std::string& name : gone) lost.push_back(name);
    if (on_resources != nullptr) on_resources();
    return {};
  }
  void OnResponseEnd() override { ++ends; }
  void OnFetchTimeout(const std::string&) override {}
  std::vector<std::string> got, lost;
  int ends = 0;
  std::function<void()> on_resources;
};

google::protobuf::Any ClusterNamed(const std::string& name) {
  envoy::config::cluster::v3::Cluster cluster;
  cluster.set_name(name);
  google::protobuf::Any body;
  body.PackFrom(cluster);
  return body;
}

std::string NameOf(int index) { return absl::StrCat("c", index); }

std::vector<FakeControlPlane::Item> ManyClusters(int count) {
  std::vector<FakeControlPlane::Item> items;
  for (int i = 0; i < count; ++i) items.push_back({NameOf(i), "1", ClusterNamed(NameOf(i)), {}});
  return items;
}

FakeControlPlane::Item EndpointsOf(const std::string& name) {
  envoy::config::endpoint::v3::ClusterLoadAssignment assignment;
  assignment.set_cluster_name(name);
  google::protobuf::Any body;
  body.PackFrom(assignment);
  return {name, "1", body, {}};
}

class DiscoveryStreamTest : public testing::Test {
 protected:
  DiscoveryStream& Make(DiscoveryStream::Settings settings) {
    stream_ = std::make_unique<DiscoveryStream>(
        world_.main(), [this] { return control_plane_.MakeChannel(); }, std::move(settings),
        ControlPlaneStats(world_.stats()));
    stream_->Add(kClusterType, user_, MakeUpdateStats(world_.stats(), "cluster_manager.cds."));
    return *stream_;
  }
  DiscoveryStream& MakeAggregated(const Dialect& dialect) {
    return Make({.dialect = dialect, .is_aggregated = true});
  }
  int64_t Stat(const std::string& name) { return world_.stats().Value(name); }

  SimWorld world_;
  FakeControlPlane control_plane_{world_.main().loop};
  CollectingUser user_;
  std::unique_ptr<DiscoveryStream> stream_;
};

TEST_F(DiscoveryStreamTest, AskingForNothingOpensNoStream) {
  MakeAggregated(Delta());
  world_.Advance(std::chrono::minutes(1));
  EXPECT_THAT(control_plane_.methods(), IsEmpty());
}

TEST_F(DiscoveryStreamTest, EachWayHasItsMethod) {
  struct Way {
    const Dialect& dialect;
    bool is_aggregated;
    const char* method;
  };
  const Way kWays[] = {
      {StateOfTheWorld(), true,
       "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources"},
      {Delta(), true,
       "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources"},
      {StateOfTheWorld(), false,
       "/envoy.service.cluster.v3.ClusterDiscoveryService/StreamClusters"},
      {Delta(), false, "/envoy.service.cluster.v3.ClusterDiscoveryService/DeltaClusters"},
  };
  for (const Way& way : kWays) {
    Make({.dialect = way.dialect, .is_aggregated = way.is_aggregated})
        .WantAll(kClusterType, Duration::zero());
    world_.RunUntilIdle();
    EXPECT_EQ(control_plane_.methods().back(), way.method);
  }
}

TEST_F(DiscoveryStreamTest, TheNodeComesWithEveryRequestWhereTheConfigurationSaysSo) {
  envoy::config::core::v3::Node node;
  node.set_id("me");
  Make({.dialect = StateOfTheWorld(), .is_aggregated = true, .node = node, .node_once = false})
      .WantAll(kClusterType, Duration::zero());
  world_.RunUntilIdle();
  control_plane_.Send({.type = &kClusterType, .version = "1"});
  world_.RunUntilIdle();
  EXPECT_THAT(control_plane_.TakeRequests(),
              ElementsAre("Cluster node me", "Cluster version 1 nonce n1 node me"));
}

TEST_F(DiscoveryStreamTest, ComesBackAfterGrowingTimesAndCounts) {
  control_plane_.SetDown(true);
  MakeAggregated(Delta()).WantAll(kClusterType, Duration::zero());
  world_.Advance(std::chrono::minutes(5));
  const size_t tries = control_plane_.methods().size();
  EXPECT_GE(tries, 10u);   // 30 s at most between two
  EXPECT_LE(tries, 120u);  // and not every half second
  EXPECT_EQ(Stat("cluster_manager.cds.update_failure"), static_cast<int64_t>(tries));
  EXPECT_EQ(Stat("control_plane.connected_state"), 0);
  EXPECT_EQ(Stat("control_plane.pending_requests"), 1);
  control_plane_.SetDown(false);
  world_.Advance(std::chrono::seconds(31));
  control_plane_.Send({.type = &kClusterType, .version = "1"});
  world_.RunUntilIdle();
  EXPECT_EQ(Stat("control_plane.connected_state"), 1);
  EXPECT_EQ(Stat("control_plane.pending_requests"), 0);
  EXPECT_EQ(Stat("cluster_manager.cds.update_success"), 1);
  stream_.reset();
  EXPECT_EQ(Stat("control_plane.connected_state"), 0);
}

TEST_F(DiscoveryStreamTest, AMessageThatCannotBeReadEndsTheStream) {
  for (const Dialect* dialect : {&StateOfTheWorld(), &Delta()}) {
    MakeAggregated(*dialect).WantAll(kClusterType, Duration::zero());
    world_.RunUntilIdle();
    control_plane_.SendBytes("\xff\xff not a message");
    world_.RunUntilIdle();
    EXPECT_EQ(control_plane_.streams(), 0u);
    world_.Advance(std::chrono::seconds(31));
    EXPECT_EQ(control_plane_.streams(), 1u);
  }
}

TEST_F(DiscoveryStreamTest, MessagesThatCannotBeReadMakeThePausesGrow) {
  MakeAggregated(StateOfTheWorld()).WantAll(kClusterType, Duration::zero());
  world_.RunUntilIdle();
  for (int i = 0; i < 300; ++i) {
    if (control_plane_.streams() == 1) {
      control_plane_.Send(
          {.type = &kClusterType, .version = "1", .resources = {{"", "", ClusterNamed("good")}}});
      control_plane_.SendBytes("\xff\xff not a message");
    }
    world_.Advance(std::chrono::seconds(1));
  }
  EXPECT_GE(control_plane_.methods().size(), 10u);  // 30 s at most between two
  EXPECT_LE(control_plane_.methods().size(), 100u);
}

TEST_F(DiscoveryStreamTest, AWrapperThatCannotBeReadIsRefusedAndTakesNothingAway) {
  MakeAggregated(StateOfTheWorld()).WantAll(kClusterType, Duration::zero());
  world_.RunUntilIdle();
  control_plane_.Send(
      {.type = &kClusterType, .version = "1", .resources = {{"", "", ClusterNamed("a")}}});
  world_.RunUntilIdle();
  control_plane_.TakeRequests();
  google::protobuf::Any broken;
  broken.set_type_url("type.googleapis.com/envoy.service.discovery.v3.Resource");
  broken.set_value("\xff\xff");
  control_plane_.Send({.type = &kClusterType,
                       .version = "2",
                       .resources = {{"", "", ClusterNamed("b")}, {"", "", broken}}});
  world_.RunUntilIdle();
  EXPECT_THAT(control_plane_.TakeRequests(),
              ElementsAre("Cluster version 1 nonce n2 refuses: Cluster \"resources[1]\": cannot be "
                          "read as a Resource"));
  EXPECT_THAT(user_.got, ElementsAre("a", "b"));
  EXPECT_THAT(user_.lost, IsEmpty());
}

TEST_F(DiscoveryStreamTest, TwoMessagesOfOneTurnAreBothAnswered) {
  MakeAggregated(Delta()).WantAll(kClusterType, Duration::zero());
  world_.RunUntilIdle();
  control_plane_.TakeRequests();
  control_plane_.Send({.type = &kClusterType, .version = "1"});
  control_plane_.Send({.type = &kClusterType, .version = "2"});
  world_.RunUntilIdle();
  EXPECT_THAT(control_plane_.TakeRequests(), ElementsAre("Cluster nonce n1", "Cluster nonce n2"));
}

TEST_F(DiscoveryStreamTest, RequestsOfSeveralStreamsThatWaitAreCountedTogether) {
  control_plane_.SetDown(true);
  MakeAggregated(Delta()).WantAll(kClusterType, Duration::zero());
  CollectingUser other_user;
  DiscoveryStream other(
      world_.main(), [this] { return control_plane_.MakeChannel(); },
      {.dialect = Delta(), .is_aggregated = true}, ControlPlaneStats(world_.stats()));
  other.Add(kEndpointType, other_user, MakeUpdateStats(world_.stats(), "cluster_manager.eds."));
  other.Want(kEndpointType, "a", Duration::zero());
  world_.RunUntilIdle();
  EXPECT_EQ(Stat("control_plane.pending_requests"), 2);
  stream_.reset();
  EXPECT_EQ(Stat("control_plane.pending_requests"), 1);
}

TEST_F(DiscoveryStreamTest, MessagesCutAtEveryByteHurtNobody) {
  envoy::service::discovery::v3::DeltaDiscoveryResponse response;
  response.set_type_url(std::string(kClusterType.url));
  response.set_nonce("n");
  auto& resource = *response.add_resources();
  resource.set_name("a");
  resource.set_version("1");
  *resource.mutable_resource() = ClusterNamed("a");
  const std::string whole = response.SerializeAsString();
  MakeAggregated(Delta()).WantAll(kClusterType, Duration::zero());
  for (size_t size = 0; size < whole.size(); ++size) {
    ASSERT_TRUE(world_.AdvanceUntil([&] { return control_plane_.streams() > 0; },
                                    std::chrono::minutes(10)));
    control_plane_.SendBytes(whole.substr(0, size));
    world_.RunUntilIdle();
  }
}

TEST_F(DiscoveryStreamTest, AKindThatNobodyAskedForIsNotTaken) {
  MakeAggregated(StateOfTheWorld()).WantAll(kClusterType, Duration::zero());
  world_.RunUntilIdle();
  control_plane_.TakeRequests();
  control_plane_.Send({.type = &kListenerType, .version = "1"});
  world_.RunUntilIdle();
  EXPECT_THAT(control_plane_.TakeRequests(), IsEmpty());
  EXPECT_EQ(control_plane_.streams(), 1u);
}

TEST_F(DiscoveryStreamTest, WhatIsOfAnotherKindThanItsResponseIsRefused) {
  MakeAggregated(StateOfTheWorld()).WantAll(kClusterType, Duration::zero());
  world_.RunUntilIdle();
  control_plane_.TakeRequests();
  google::protobuf::Any body = ClusterNamed("a");
  body.set_type_url("type.googleapis.com/x.Y");
  control_plane_.Send({.type = &kClusterType, .version = "1", .resources = {{"", "", body}}});
  world_.RunUntilIdle();
  EXPECT_THAT(control_plane_.TakeRequests(),
              ElementsAre("Cluster nonce n1 refuses: Cluster \"a\": holds a "
                          "type.googleapis.com/x.Y"));
  EXPECT_EQ(Stat("cluster_manager.cds.update_rejected"), 1);
}

TEST_F(DiscoveryStreamTest, BareResourcesHaveTheNameThatTheyHold) {
  MakeAggregated(StateOfTheWorld()).WantAll(kClusterType, Duration::zero());
  world_.RunUntilIdle();
  control_plane_.Send(
      {.type = &kClusterType, .version = "1", .resources = {{"", "", ClusterNamed("bare")}}});
  world_.RunUntilIdle();
  EXPECT_THAT(user_.got, ElementsAre("bare"));
}

TEST_F(DiscoveryStreamTest, WhatIsNotHeardOfInItsTimeToLiveIsGone) {
  MakeAggregated(Delta()).WantAll(kClusterType, Duration::zero());
  world_.RunUntilIdle();
  const FakeControlPlane::Item item = {"a", "1", ClusterNamed("a"), 10};
  const FakeControlPlane::Item heartbeat = {"a", "1", {}, 10};
  control_plane_.Send({.type = &kClusterType, .version = "1", .resources = {item}});
  world_.Advance(std::chrono::seconds(8));
  control_plane_.Send({.type = &kClusterType, .version = "1", .resources = {heartbeat}});
  world_.Advance(std::chrono::seconds(8));
  EXPECT_THAT(user_.got, SizeIs(1));  // a heartbeat is no resource
  EXPECT_THAT(user_.lost, IsEmpty());
  world_.Advance(std::chrono::seconds(3));
  EXPECT_THAT(user_.lost, ElementsAre("a"));
}

TEST_F(DiscoveryStreamTest, TimesToLiveThatNoClockCountsAreBounded) {
  MakeAggregated(Delta()).WantAll(kClusterType, Duration::zero());
  world_.RunUntilIdle();
  envoy::service::discovery::v3::DeltaDiscoveryResponse response;
  response.set_type_url(std::string(kClusterType.url));
  for (const int64_t seconds : {std::numeric_limits<int64_t>::max(), int64_t{-5}}) {
    auto& resource = *response.add_resources();
    resource.set_name(std::to_string(seconds));
    *resource.mutable_resource() = ClusterNamed(resource.name());
    resource.mutable_ttl()->set_seconds(seconds);
    resource.mutable_ttl()->set_nanos(-1);
  }
  control_plane_.SendBytes(response.SerializeAsString());
  world_.Advance(std::chrono::hours(24 * 365));
  EXPECT_THAT(user_.lost, ElementsAre("-5"));
}

TEST_F(DiscoveryStreamTest, ARefusalIsOfBoundedSize) {
  MakeAggregated(Delta()).WantAll(kClusterType, Duration::zero());
  world_.RunUntilIdle();
  control_plane_.TakeRequests();
  google::protobuf::Any body;
  body.set_type_url("type.googleapis.com/x.Y");
  std::vector<FakeControlPlane::Item> items;
  for (int i = 0; i < 2000; ++i) items.push_back({"cluster " + std::to_string(i), "1", body, {}});
  control_plane_.Send({.type = &kClusterType, .version = "1", .resources = items});
  world_.RunUntilIdle();
  const std::vector<std::string> requests = control_plane_.TakeRequests();
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_LE(requests[0].size(), 17u * 1024);
  EXPECT_THAT(requests[0], testing::ContainsRegex("and [0-9]+ more$"));
}

TEST_F(DiscoveryStreamTest, ARefusalIsUtf8WhateverIsRefused) {
  MakeAggregated(StateOfTheWorld()).WantAll(kClusterType, Duration::zero());
  world_.RunUntilIdle();
  control_plane_.TakeRequests();
  google::protobuf::Any body = ClusterNamed("x");
  body.set_value("\n\x02\xff\xfe");  // a name that is no text
  std::vector<FakeControlPlane::Item> items = {{"", "", body, {}}};
  body.set_type_url("type.googleapis.com/x.Y");
  for (int i = 0; i < 2000; ++i) {
    items.push_back({"\u00e4\u00e4\u00e4" + std::to_string(i), "1", body, {}});
  }
  control_plane_.Send({.type = &kClusterType, .version = "1", .resources = items});
  world_.RunUntilIdle();
  // The server has read it, as protobuf does: anything else would be no request.
  ASSERT_THAT(
      control_plane_.TakeRequests(),
      ElementsAre(testing::StartsWith("Cluster nonce n1 refuses: Cluster \"\": has no name, "
                                      "or cannot be read\nCluster \"\u00e4")));
}

TEST_F(DiscoveryStreamTest, WhatKindsNobodyAskedForIsNoAnswerToALaterRequest) {
  MakeAggregated(Delta()).WantAll(kClusterType, Duration::zero());
  CollectingUser endpoints;
  stream_->Add(kEndpointType, endpoints, MakeUpdateStats(world_.stats(), "cluster_manager.eds."));
  world_.RunUntilIdle();
  control_plane_.Send({.type = &kEndpointType, .version = "1"});
  world_.RunUntilIdle();
  control_plane_.TakeRequests();
  stream_->Want(kEndpointType, "a", Duration::zero());
  world_.RunUntilIdle();
  EXPECT_THAT(control_plane_.TakeRequests(), ElementsAre("ClusterLoadAssignment +[a]"));
}

// A stream of clusters and endpoints on which very many clusters come.
class ManyResources : public DiscoveryStreamTest {
 protected:
  static constexpr int kMany = 200;
  void Begin() {
    MakeAggregated(Delta());
    stream_->Add(kEndpointType, endpoints_, MakeUpdateStats(world_.stats(), "cluster.one."));
    stream_->WantAll(kClusterType, Duration::zero());
    stream_->Want(kEndpointType, NameOf(1), Duration::zero());
    world_.RunUntilIdle();
    control_plane_.TakeRequests();
    endpoints_.on_resources = [this] { clusters_before_ = user_.got.size(); };
    SendClusters();
  }
  void SendClusters() {
    control_plane_.Send({.type = &kClusterType, .version = "1", .resources = ManyClusters(kMany)});
  }
  void SendEndpoints(const std::string& name) {
    control_plane_.Send({.type = &kEndpointType, .version = "1", .resources = {EndpointsOf(name)}});
    world_.RunUntilIdle();
  }
  CollectingUser endpoints_;
  size_t clusters_before_ = 0;
};

TEST_F(ManyResources, AreTakenInPartsAndAnsweredOnce) {
  Begin();
  world_.RunUntilIdle();
  EXPECT_THAT(user_.got, SizeIs(kMany));
  EXPECT_EQ(user_.ends, 1);
  EXPECT_THAT(control_plane_.TakeRequests(), ElementsAre("Cluster nonce n1"));
}

TEST_F(ManyResources, EndpointsThatAreWantedOvertakeThem) {
  Begin();
  SendEndpoints(NameOf(1));
  EXPECT_THAT(endpoints_.got, ElementsAre(NameOf(1)));
  EXPECT_LT(clusters_before_, user_.got.size());
  EXPECT_THAT(user_.got, SizeIs(kMany));
  EXPECT_THAT(control_plane_.TakeRequests(),
              ElementsAre("ClusterLoadAssignment nonce n2", "Cluster nonce n1"));
}

TEST_F(ManyResources, EndpointsThatTheyAskForAreTakenAfterThem) {
  Begin();
  const std::string last = NameOf(kMany - 1);
  user_.on_resources = [&] {
    if (user_.got.back() == last) stream_->Want(kEndpointType, last, Duration::zero());
  };
  SendEndpoints(last);
  EXPECT_THAT(endpoints_.got, ElementsAre(last));
  EXPECT_EQ(clusters_before_, static_cast<size_t>(kMany));
}

TEST_F(ManyResources, WhatHasNotBeenTakenWhenTheStreamEndsComesWithTheNext) {
  Begin();
  control_plane_.End();
  world_.RunUntilIdle();
  EXPECT_GT(user_.got.size(), 0u);
  EXPECT_LT(user_.got.size(), static_cast<size_t>(kMany));
  EXPECT_EQ(user_.ends, 0);
  world_.Advance(std::chrono::seconds(31));
  const size_t before = user_.got.size();
  SendClusters();
  world_.RunUntilIdle();
  EXPECT_EQ(user_.got.size(), before + kMany);
  EXPECT_EQ(user_.ends, 1);
}

}  // namespace
}  // namespace sluice
