// Driven by a control plane: what a proxy does with what it is told, in both dialects.
#include <string>

#include "absl/strings/str_cat.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "test/harness/ws_peer.h"
#include "test/scenario/told_proxy.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

class DiscoveryTest : public testing::TestWithParam<Wire> {};

INSTANTIATE_TEST_SUITE_P(, DiscoveryTest, testing::Values(Wire::kStateOfTheWorld, Wire::kDelta),
                         [](const auto& info) {
                           return info.param == Wire::kDelta ? "Delta" : "StateOfTheWorld";
                         });

TEST_P(DiscoveryTest, ServesWhatItIsTold) {
  ToldProxy proxy(GetParam());
  proxy.Offer();
  proxy.Start();
  EXPECT_TRUE(proxy.started());
  EXPECT_EQ(proxy.Ask(), 200);
  EXPECT_THAT(proxy.TakeRefusals(), IsEmpty());
}

TEST_P(DiscoveryTest, ServesWhatItIsToldByAStreamForEachKind) {
  ToldProxy proxy(GetParam(), {.separate_streams = true});
  proxy.SetCluster("users", "");
  const std::string api = std::string("{ api_config_source: { api_type: ") +
                          (GetParam() == Wire::kDelta ? "DELTA_GRPC" : "GRPC") +
                          ", transport_api_version: V3, grpc_services: [{ envoy_grpc: { "
                          "cluster_name: xds } }] }, resource_api_version: V3 }";
  proxy.Set(kClusterType, "users",
            "name: users\ntype: EDS\neds_cluster_config: { eds_config: " + api + " }\n");
  proxy.SetEndpoints("users", {0});
  proxy.SetRoutes("routes", "users");
  proxy.Set(kListenerType, "web",
            "name: web\naddress: { socket_address: { address: 10.9.9.9, port_value: 80 } }\n"
            "filter_chains:\n- filters:\n  - name: http\n    typed_config:\n"
            "      \"@type\": type.googleapis.com/envoy.extensions.filters.network."
            "http_connection_manager.v3.HttpConnectionManager\n      stat_prefix: test\n"
            "      rds: { route_config_name: routes, config_source: " +
                api +
                " }\n      http_filters: [{ name: router, typed_config: { \"@type\": "
                "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router } }]\n");
  proxy.Host(0, H1Answer::Of(200));
  proxy.Start();
  EXPECT_EQ(proxy.Ask(), 200);
  EXPECT_EQ(proxy.control_plane().streams(), 4u);
}

TEST_P(DiscoveryTest, ANewRouteTableServesTheNextRequestOfAConnectionThatStays) {
  ToldProxy proxy(GetParam());
  proxy.Offer();
  proxy.SetCluster("others");
  proxy.SetEndpoints("others", {1});
  proxy.Start();
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(0).body, "host 0");
  proxy.SetRoutes("routes", "others");
  proxy.Run();
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(1).body, "host 1");
  EXPECT_FALSE(client.closed_by_peer());
}

TEST_P(DiscoveryTest, OtherEndpointsServeTheNextRequestOfAConnectionThatStays) {
  ToldProxy proxy(GetParam());
  proxy.Offer();
  proxy.Start();
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  proxy.SetEndpoints("users", {1});
  proxy.Run();
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(1).body, "host 1");
  EXPECT_FALSE(client.closed_by_peer());
}

TEST_P(DiscoveryTest, EndpointsGoThatNobodyRenewsInTime) {
  ToldProxy proxy(GetParam());
  proxy.Offer();
  const auto offer = [&proxy](int weight) {
    proxy.Set(kEndpointType, "users",
              absl::StrCat("cluster_name: users\npolicy: { endpoint_stale_after: 10s }\n"
                           "endpoints:\n- lb_endpoints:\n  - load_balancing_weight: ",
                           weight,
                           "\n    endpoint: { address: { socket_address: { address: 10.0.0.1, "
                           "port_value: 80 } } }\n"));
    proxy.Run();
  };
  offer(1);
  proxy.Start();
  proxy.Advance(seconds(8));
  offer(2);
  proxy.Advance(seconds(8));
  EXPECT_EQ(proxy.Ask(), 200);
  proxy.Advance(seconds(3));
  EXPECT_EQ(proxy.Ask(), 503);
  EXPECT_EQ(proxy.Stat("cluster.users.membership_total"), 0);
  offer(1);
  EXPECT_EQ(proxy.Ask(), 200);
  proxy.SetEndpoints("users", {0});  // without a time
  proxy.Run();
  proxy.Advance(minutes(1));
  EXPECT_EQ(proxy.Ask(), 200);
}

TEST_P(DiscoveryTest, WhatIsBadIsRefusedByNameAndPathAndTheRestServes) {
  ToldProxy proxy(GetParam());
  proxy.Offer();
  proxy.SetCluster("bad", "connect_timeout: 0s\nlb_policy: CLUSTER_PROVIDED\n");
  proxy.Start();
  EXPECT_EQ(proxy.Ask(), 200);
  const std::vector<std::string> refusals = proxy.TakeRefusals();
  ASSERT_EQ(refusals.size(), 1u);
  EXPECT_THAT(refusals[0], testing::StartsWith("Cluster \"bad\": "));
  EXPECT_THAT(refusals[0], testing::HasSubstr("connect_timeout: must be"));
  EXPECT_THAT(proxy.control_plane().TakeRefusalDetails(),
              testing::Contains(testing::HasSubstr(
                  ", at connect_timeout: must be more than 0s, is 0s (rule duration.gt: 0s)")));
  EXPECT_EQ(proxy.Stat("cluster_manager.cds.update_rejected"), 1);
}

TEST_P(DiscoveryTest, OfWhatIsRefusedTheVersionBeforeServes) {
  ToldProxy proxy(GetParam());
  proxy.Offer();
  proxy.Start();
  proxy.SetCluster("users", "connect_timeout: 0s\n");
  proxy.SetRoutes("routes", "users",
                  "  - match: { safe_regex: { regex: \"(\" } }\n    route: { cluster: users }\n");
  proxy.Set(kListenerType, "web",
            "name: web\naddress: { socket_address: { address: nowhere, port_value: 80 } }\n");
  proxy.Run();
  EXPECT_THAT(proxy.TakeRefusals(),
              testing::UnorderedElementsAre(testing::StartsWith("Cluster \"users\": "),
                                            testing::StartsWith("RouteConfiguration \"routes\": "),
                                            testing::StartsWith("Listener \"web\": ")));
  EXPECT_EQ(proxy.Ask(), 200);
}

TEST_P(DiscoveryTest, AtTheStartAListenerThatCannotBeBoundKeepsNoneOfTheOthersAway) {
  ToldProxy proxy(GetParam());
  proxy.Offer();
  const Address taken = *Address::FromIp("10.9.9.8", 80);
  proxy.world().memory().Serve(taken, [](std::unique_ptr<MemoryPeer>) {});
  proxy.SetListener("taken", "10.9.9.8");
  proxy.Start();
  EXPECT_TRUE(proxy.started());
  EXPECT_EQ(proxy.Ask(), 200);
  // When the address is free, the same resource is as good as another. In delta it comes again only
  // when it has been away.
  proxy.world().memory().StopServing(taken);
  if (GetParam() == Wire::kDelta) proxy.Remove(kListenerType, "taken");
  proxy.SetListener("taken", "10.9.9.8");
  proxy.Run();
  EXPECT_EQ(proxy.Ask("10.9.9.8"), 200);
}

TEST_P(DiscoveryTest, AListenerWaitsForItsRoutes) {
  ToldProxy proxy(GetParam());
  proxy.Hold(kRouteType);
  proxy.Offer();
  proxy.Start();
  EXPECT_EQ(proxy.Ask(), 0);
  proxy.Tell(kRouteType);
  proxy.Run();
  EXPECT_EQ(proxy.Ask(), 200);
}

TEST_P(DiscoveryTest, AListenerWaitsForRoutesNoLongerThanTheFetchTimeout) {
  ToldProxy proxy(GetParam());
  proxy.Hold(kRouteType);
  proxy.Offer();
  proxy.Start();
  proxy.Advance(seconds(14));
  EXPECT_EQ(proxy.Ask(), 0);
  proxy.Advance(seconds(2));
  EXPECT_EQ(proxy.Ask(), 404);
  proxy.Tell(kRouteType);
  proxy.Run();
  EXPECT_EQ(proxy.Ask(), 200);
}

TEST_P(DiscoveryTest, AClusterWaitsForItsEndpointsBeforeListenersServe) {
  ToldProxy proxy(GetParam());
  proxy.Hold(kEndpointType);
  proxy.Offer();
  proxy.Start();
  EXPECT_FALSE(proxy.started());
  proxy.Tell(kEndpointType);
  proxy.Run();
  EXPECT_TRUE(proxy.started());
  EXPECT_EQ(proxy.Ask(), 200);
}

TEST_P(DiscoveryTest, WithoutEndpointsInTimeItStartsWithNone) {
  ToldProxy proxy(GetParam());
  proxy.Hold(kEndpointType);
  proxy.Offer();
  proxy.Start();
  proxy.Advance(seconds(16));
  EXPECT_TRUE(proxy.started());
  EXPECT_EQ(proxy.Ask(), 503);
  proxy.Tell(kEndpointType);
  proxy.Run();
  EXPECT_EQ(proxy.Ask(), 200);
}

TEST_P(DiscoveryTest, WithoutAControlPlaneItStartsAfterTheFetchTimeoutAndServesWhenToldLater) {
  ToldProxy proxy(GetParam());
  proxy.control_plane().SetDown(true);
  proxy.Offer();
  proxy.Start();
  EXPECT_FALSE(proxy.started());
  proxy.Advance(seconds(31));  // for clusters, then for listeners
  EXPECT_TRUE(proxy.started());
  EXPECT_EQ(proxy.Stat("cluster_manager.cds.init_fetch_timeout"), 1);
  proxy.control_plane().SetDown(false);
  proxy.Advance(seconds(31));
  EXPECT_EQ(proxy.Ask(), 200);
}

TEST_P(DiscoveryTest, WhileTheControlPlaneIsAwayEverythingServesOn) {
  ToldProxy proxy(GetParam());
  proxy.Offer();
  proxy.Start();
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  proxy.control_plane().SetDown(true);
  proxy.control_plane().End();
  proxy.Advance(minutes(10));
  EXPECT_EQ(proxy.Ask(), 200);
  proxy.control_plane().SetDown(false);
  proxy.Advance(minutes(1));
  EXPECT_EQ(proxy.Ask(), 200);
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.responses().size(), 2u);
  EXPECT_FALSE(client.closed_by_peer());
  EXPECT_EQ(proxy.Stat("listener_manager.listener_modified"), 0);
  EXPECT_EQ(proxy.Stat("cluster_manager.cluster_modified"), 0);
}

TEST_P(DiscoveryTest, AClusterThatIsGoneIsNoMore) {
  ToldProxy proxy(GetParam());
  proxy.Offer();
  proxy.Start();
  EXPECT_EQ(proxy.Ask(), 200);
  proxy.Remove(kClusterType, "users");
  proxy.Advance(ClusterUpdates::kStayMax);  // routes lead to it
  EXPECT_EQ(proxy.Ask(), 503);
  EXPECT_EQ(proxy.core().clusters().Find("users"), nullptr);
}

TEST_P(DiscoveryTest, AListenerThatIsGoneTakesNobodyAnyMore) {
  ToldProxy proxy(GetParam());
  proxy.Offer();
  proxy.Start();
  EXPECT_EQ(proxy.Ask(), 200);
  proxy.Remove(kListenerType, "web");
  proxy.Run();
  EXPECT_EQ(proxy.Ask(), 0);
}

TEST_P(DiscoveryTest, AStaticClusterIsNotChanged) {
  ToldProxy proxy(GetParam());
  proxy.Offer();
  proxy.SetCluster("xds");
  proxy.Start();
  EXPECT_THAT(proxy.TakeRefusals(),
              ElementsAre(testing::HasSubstr("\"xds\" is a static cluster of the bootstrap")));
  EXPECT_EQ(proxy.Ask(), 200);
}

TEST_P(DiscoveryTest, AClusterThatIsEditedHasItsEndpointsAtOnce) {
  ToldProxy proxy(GetParam());
  proxy.Offer();
  proxy.Start();
  proxy.Hold(kEndpointType);
  proxy.SetCluster("users", "connect_timeout: 3s\n");
  proxy.Run();
  EXPECT_EQ(proxy.Ask(), 200);
  EXPECT_EQ(proxy.Stat("cluster_manager.cluster_modified"), 1);
}

TEST_P(DiscoveryTest, AWebSocketOutlivesItsListener) {
  ToldProxy proxy(GetParam());
  proxy.SetCluster("users");
  proxy.SetEndpoints("users", {0});
  proxy.SetRoutes("routes", "users");
  proxy.SetListener("web", "10.9.9.9");
  WsServer host(proxy.world(), *Address::FromIp("10.0.0.1", 80), {.echo = true});
  proxy.Start();
  WsClient client(proxy.world(), *Address::FromIp("10.9.9.9", 80));
  client.Handshake();
  proxy.Run();
  ASSERT_TRUE(client.open());
  proxy.Remove(kListenerType, "web");
  proxy.Run();
  EXPECT_EQ(proxy.Ask(), 0);
  client.ws().Text("still here");
  proxy.Advance(minutes(1));
  EXPECT_THAT(client.ws().messages(), ElementsAre("still here"));
  client.ws().Close(1000);
  proxy.Run();
}

TEST_P(DiscoveryTest, RoutesToAClusterThatComesLaterWaitForIt) {
  ToldProxy proxy(GetParam());
  proxy.Offer();
  proxy.Start();
  proxy.SetRoutes("routes", "others");
  proxy.Run();
  EXPECT_EQ(proxy.Ask(), 200);
  proxy.SetCluster("others");
  proxy.Run();
  EXPECT_EQ(proxy.Ask(), 200);  // it has no endpoints yet
  proxy.SetEndpoints("others", {1});
  proxy.Run();
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(0).body, "host 1");
}

TEST_P(DiscoveryTest, RoutesToAClusterThatNeverComesServeAfterATime) {
  ToldProxy proxy(GetParam());
  proxy.Offer();
  proxy.Start();
  proxy.SetRoutes("routes", "nowhere");
  proxy.Run();
  EXPECT_EQ(proxy.Ask(), 200);
  proxy.Advance(RouteUpdates::kWaitMax);
  EXPECT_EQ(proxy.Ask(), 503);
}

TEST_P(DiscoveryTest, AClusterStaysUntilItsRoutesHaveGone) {
  ToldProxy proxy(GetParam());
  proxy.Offer();
  proxy.SetCluster("others");
  proxy.SetEndpoints("others", {1});
  proxy.Start();
  proxy.Remove(kClusterType, "users");
  proxy.Run();
  EXPECT_EQ(proxy.Ask(), 200);
  proxy.SetRoutes("routes", "others");
  proxy.Run();
  EXPECT_EQ(proxy.core().clusters().Find("users"), nullptr);
  EXPECT_EQ(proxy.Ask(), 200);
}

TEST_P(DiscoveryTest, EachResourceIsCountedUnderTheNameOfItsUser) {
  ToldProxy proxy(GetParam());
  proxy.Offer();
  proxy.Start();
  EXPECT_EQ(proxy.Stat("cluster.users.update_attempt"), 1);
  EXPECT_EQ(proxy.Stat("cluster.users.update_success"), 1);
  EXPECT_EQ(proxy.Stat("http.test.rds.routes.update_success"), 1);
  EXPECT_NE(proxy.Stat("http.test.rds.routes.version"), 0);
  proxy.SetRoutes("routes", "users", "  - match: {}\n    route: { cluster: users }\n");
  proxy.Run();
  EXPECT_EQ(proxy.Stat("http.test.rds.routes.update_rejected"), 1);
  EXPECT_EQ(proxy.Stat("http.test.rds.routes.update_success"), 1);
}

TEST_P(DiscoveryTest, WhatMeansTheSameChangesNothing) {
  ToldProxy proxy(GetParam());
  proxy.Offer();
  proxy.Start();
  const int64_t before = proxy.Stat("cluster_manager.cds.update_success");
  // Its fields in another order, under another version.
  envoy::config::cluster::v3::Cluster name, rest;
  name.set_name("users");
  rest.set_type(envoy::config::cluster::v3::Cluster::EDS);
  auto& source = *rest.mutable_eds_cluster_config()->mutable_eds_config();
  source.mutable_ads();
  source.set_resource_api_version(envoy::config::core::v3::V3);
  google::protobuf::Any body;
  body.set_type_url(std::string(kClusterType.url));
  body.set_value(rest.SerializeAsString() + name.SerializeAsString());
  proxy.control_plane().Serve(kClusterType, {{"users", "another", body, {}}});
  proxy.Run();
  EXPECT_EQ(proxy.Stat("cluster_manager.cds.update_success"), before + 1);
  EXPECT_EQ(proxy.Stat("cluster_manager.cluster_modified"), 0);
  EXPECT_EQ(proxy.Ask(), 200);
}

// A control plane beside the aggregated stream, with a stream for each kind.
std::string OwnSource(Wire wire) {
  return absl::StrCat(
      "{ api_config_source: { api_type: ", wire == Wire::kDelta ? "DELTA_GRPC" : "GRPC",
      ", transport_api_version: V3, grpc_services: [{ envoy_grpc: { "
      "cluster_name: xds } }] }, resource_api_version: V3 }");
}

TEST_P(DiscoveryTest, AStreamOfItsOwnEndsWithTheLastClusterThatNamesIt) {
  ToldProxy proxy(GetParam());
  proxy.Offer();
  const auto set = [&](const std::string& name) {
    proxy.Set(kClusterType, name,
              absl::StrCat("name: ", name, "\ntype: EDS\neds_cluster_config: { eds_config: ",
                           OwnSource(GetParam()), " }\n"));
    proxy.Run();
  };
  set("one");
  set("two");
  proxy.SetEndpoints("one", {1});
  proxy.SetEndpoints("two", {1});
  proxy.Start();
  EXPECT_EQ(proxy.control_plane().streams(), 2u);
  EXPECT_EQ(proxy.Stat("cluster.one.membership_total"), 1);
  proxy.Remove(kClusterType, "one");
  proxy.Run();
  EXPECT_EQ(proxy.control_plane().streams(), 2u);
  proxy.Remove(kClusterType, "two");
  proxy.Run();
  EXPECT_EQ(proxy.control_plane().streams(), 1u);
  const size_t opened = proxy.control_plane().methods().size();
  set("one");
  EXPECT_EQ(proxy.control_plane().streams(), 2u);
  EXPECT_EQ(proxy.control_plane().methods().size(), opened + 1);
  EXPECT_EQ(proxy.Stat("cluster.one.membership_total"), 1);
  // The aggregated stream is for its endpoints now.
  proxy.SetCluster("one");
  proxy.Run();
  EXPECT_EQ(proxy.control_plane().streams(), 1u);
  EXPECT_EQ(proxy.Stat("cluster.one.membership_total"), 1);
}

TEST_P(DiscoveryTest, AStreamOfItsOwnEndsWithTheLastListenerThatNamesIt) {
  ToldProxy proxy(GetParam());
  proxy.Offer();
  const auto set = [&] {
    proxy.Set(kListenerType, "web",
              absl::StrCat(
                  "name: web\naddress: { socket_address: { address: 10.9.9.9, port_value: 80 } }\n"
                  "filter_chains:\n- filters:\n  - name: http\n    typed_config:\n"
                  "      \"@type\": type.googleapis.com/envoy.extensions.filters.network."
                  "http_connection_manager.v3.HttpConnectionManager\n      stat_prefix: test\n"
                  "      rds: { route_config_name: routes, config_source: ",
                  OwnSource(GetParam()),
                  " }\n      http_filters: [{ name: router, typed_config: { \"@type\": "
                  "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router } }]\n"));
    proxy.Run();
  };
  set();
  proxy.Start();
  EXPECT_EQ(proxy.control_plane().streams(), 2u);
  EXPECT_EQ(proxy.Ask(), 200);
  proxy.Remove(kListenerType, "web");
  proxy.Run();
  EXPECT_EQ(proxy.control_plane().streams(), 1u);
  set();
  EXPECT_EQ(proxy.control_plane().streams(), 2u);
  EXPECT_EQ(proxy.Ask(), 200);
}

TEST_P(DiscoveryTest, AStreamOfItsOwnEndsWithTheLastContextWhoseSecretsComeFromIt) {
  ToldProxy proxy(GetParam());
  proxy.Offer();
  proxy.SetCluster(
      "secure",
      absl::StrCat("transport_socket: { name: tls, typed_config: { \"@type\": type.googleapis.com/"
                   "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext, "
                   "common_tls_context: { validation_context_sds_secret_config: { name: ca, "
                   "sds_config: ",
                   OwnSource(GetParam()), " } } } }\n"));
  proxy.SetEndpoints("secure", {1});
  proxy.Start();
  EXPECT_EQ(proxy.control_plane().streams(), 2u);
  proxy.Remove(kClusterType, "secure");
  proxy.Run();
  EXPECT_EQ(proxy.control_plane().streams(), 1u);
}

}  // namespace
}  // namespace sluice
