// What /config_dump says of resources that come by discovery: which version serves, which one warms
// or drains, and what has been refused.
#include <memory>
#include <string>

#include "envoy/admin/v3/config_dump.pb.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/route/v3/route.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "source/server/admin/endpoints_dump.h"
#include "source/server/core_views.h"
#include "test/scenario/told_proxy.h"

namespace sluice {
namespace {

using testing::HasSubstr;
namespace admin = envoy::admin::v3;

class ConfigDumpTest : public testing::TestWithParam<Wire> {
 protected:
  // The part of this type; empty where there is none.
  template <class Part>
  static Part Dump(ToldProxy& proxy) {
    ConfigDumpParts parts = DumpConfig(proxy.core(), {}, WallTime());
    AddEndpointsDump(ShowClusters(proxy.core()), parts);
    for (const auto& part : parts) {
      if (part->GetDescriptor() == Part::descriptor()) return static_cast<const Part&>(*part);
    }
    return {};
  }
  static envoy::config::cluster::v3::Cluster Cluster(const google::protobuf::Any& any) {
    envoy::config::cluster::v3::Cluster cluster;
    EXPECT_TRUE(any.UnpackTo(&cluster));
    return cluster;
  }
};

INSTANTIATE_TEST_SUITE_P(, ConfigDumpTest, testing::Values(Wire::kStateOfTheWorld, Wire::kDelta),
                         [](const auto& info) {
                           return info.param == Wire::kDelta ? "Delta" : "StateOfTheWorld";
                         });

TEST_P(ConfigDumpTest, WhatServesIsAcknowledgedWithItsVersionAndTime) {
  ToldProxy proxy(GetParam());
  proxy.Offer();
  proxy.Start();
  const auto clusters = Dump<admin::ClustersConfigDump>(proxy);
  ASSERT_EQ(clusters.dynamic_active_clusters_size(), 1);
  EXPECT_EQ(clusters.dynamic_warming_clusters_size(), 0);
  const auto& cluster = clusters.dynamic_active_clusters(0);
  EXPECT_EQ(cluster.client_status(), admin::ACKED);
  EXPECT_NE(cluster.version_info(), "");
  EXPECT_TRUE(cluster.has_last_updated());
  EXPECT_FALSE(cluster.has_error_state());
  const auto listeners = Dump<admin::ListenersConfigDump>(proxy);
  ASSERT_EQ(listeners.dynamic_listeners_size(), 1);
  EXPECT_EQ(listeners.dynamic_listeners(0).client_status(), admin::ACKED);
  EXPECT_NE(listeners.dynamic_listeners(0).active_state().version_info(), "");
  const auto routes = Dump<admin::RoutesConfigDump>(proxy);
  ASSERT_EQ(routes.dynamic_route_configs_size(), 1);
  EXPECT_EQ(routes.dynamic_route_configs(0).client_status(), admin::ACKED);
}

TEST_P(ConfigDumpTest, AClusterThatHasNeverServedIsWarming) {
  ToldProxy proxy(GetParam());
  proxy.Hold(kEndpointType);
  proxy.Offer();
  proxy.Start();
  const auto clusters = Dump<admin::ClustersConfigDump>(proxy);
  EXPECT_EQ(clusters.dynamic_active_clusters_size(), 0);
  ASSERT_EQ(clusters.dynamic_warming_clusters_size(), 1);
  EXPECT_EQ(Cluster(clusters.dynamic_warming_clusters(0).cluster()).name(), "users");
  proxy.Tell(kEndpointType);
  proxy.Run();
  EXPECT_EQ(Dump<admin::ClustersConfigDump>(proxy).dynamic_active_clusters_size(), 1);
  EXPECT_EQ(Dump<admin::ClustersConfigDump>(proxy).dynamic_warming_clusters_size(), 0);
}

TEST_P(ConfigDumpTest, AVersionThatWarmsIsShownBesideTheOneThatServes) {
  ToldProxy proxy(GetParam());
  proxy.Offer();
  proxy.Start();
  // Of another service, whose endpoints do not come.
  proxy.Set(kClusterType, "users",
            "name: users\ntype: EDS\neds_cluster_config: { service_name: others, eds_config: { "
            "ads: {}, resource_api_version: V3 } }\n");
  proxy.Run();
  auto clusters = Dump<admin::ClustersConfigDump>(proxy);
  ASSERT_EQ(clusters.dynamic_active_clusters_size(), 1);
  ASSERT_EQ(clusters.dynamic_warming_clusters_size(), 1);
  EXPECT_EQ(
      Cluster(clusters.dynamic_active_clusters(0).cluster()).eds_cluster_config().service_name(),
      "");
  EXPECT_EQ(
      Cluster(clusters.dynamic_warming_clusters(0).cluster()).eds_cluster_config().service_name(),
      "others");
  EXPECT_NE(clusters.dynamic_active_clusters(0).version_info(),
            clusters.dynamic_warming_clusters(0).version_info());
  proxy.SetEndpoints("others", {0});
  proxy.Run();
  clusters = Dump<admin::ClustersConfigDump>(proxy);
  ASSERT_EQ(clusters.dynamic_active_clusters_size(), 1);
  EXPECT_EQ(clusters.dynamic_warming_clusters_size(), 0);
  EXPECT_EQ(
      Cluster(clusters.dynamic_active_clusters(0).cluster()).eds_cluster_config().service_name(),
      "others");
}

TEST_P(ConfigDumpTest, WhatIsRefusedIsShownWithItsVersionAndReason) {
  ToldProxy proxy(GetParam());
  proxy.Offer();
  proxy.Start();
  proxy.SetCluster("users", "connect_timeout: 0s\n");
  proxy.Set(kListenerType, "web",
            "name: web\naddress: { socket_address: { address: nowhere, port_value: 80 } }\n");
  proxy.SetRoutes("routes", "users", "  - match: {}\n    route: { cluster: users }\n");
  proxy.Run();
  const auto clusters = Dump<admin::ClustersConfigDump>(proxy);
  ASSERT_EQ(clusters.dynamic_active_clusters_size(), 1);
  const auto& cluster = clusters.dynamic_active_clusters(0);
  EXPECT_EQ(cluster.client_status(), admin::NACKED);
  EXPECT_THAT(cluster.error_state().details(), HasSubstr("connect_timeout"));
  EXPECT_NE(cluster.error_state().version_info(), cluster.version_info());
  EXPECT_TRUE(cluster.error_state().has_last_update_attempt());
  EXPECT_TRUE(Cluster(cluster.error_state().failed_configuration()).has_connect_timeout());
  EXPECT_FALSE(Cluster(cluster.cluster()).has_connect_timeout());
  const auto listeners = Dump<admin::ListenersConfigDump>(proxy);
  ASSERT_EQ(listeners.dynamic_listeners_size(), 1);
  EXPECT_EQ(listeners.dynamic_listeners(0).client_status(), admin::NACKED);
  EXPECT_TRUE(listeners.dynamic_listeners(0).has_active_state());
  EXPECT_NE(listeners.dynamic_listeners(0).error_state().details(), "");
  const auto routes = Dump<admin::RoutesConfigDump>(proxy);
  ASSERT_EQ(routes.dynamic_route_configs_size(), 1);
  EXPECT_EQ(routes.dynamic_route_configs(0).client_status(), admin::NACKED);
}

TEST_P(ConfigDumpTest, AListenerThatIsGoneIsDrainingUntilItsConnectionsAre) {
  ToldProxy proxy(GetParam());
  proxy.Offer();
  proxy.Start();
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  proxy.Remove(kListenerType, "web");
  proxy.Run();
  auto listeners = Dump<admin::ListenersConfigDump>(proxy);
  ASSERT_EQ(listeners.dynamic_listeners_size(), 1);
  EXPECT_EQ(listeners.dynamic_listeners(0).name(), "web");
  EXPECT_FALSE(listeners.dynamic_listeners(0).has_active_state());
  EXPECT_TRUE(listeners.dynamic_listeners(0).has_draining_state());
  client.Close();
  proxy.Run();
  EXPECT_EQ(Dump<admin::ListenersConfigDump>(proxy).dynamic_listeners_size(), 0);
}

TEST_P(ConfigDumpTest, ScopesOfRoutesAreShownWithWhatWasRefused) {
  ToldProxy proxy(GetParam());
  proxy.Offer();
  const std::string scope = "name: a\nroute_configuration_name: routes\n";
  proxy.Set(kScopedRouteType, "a", scope + "key: { fragments: [{ string_key: one }] }\n");
  proxy.Set(kListenerType, "scoped",
            "name: scoped\naddress: { socket_address: { address: 10.9.9.8, port_value: 80 } }\n"
            "filter_chains:\n- filters:\n  - name: http\n    typed_config:\n"
            "      \"@type\": type.googleapis.com/envoy.extensions.filters.network."
            "http_connection_manager.v3.HttpConnectionManager\n      stat_prefix: test\n"
            "      scoped_routes: { name: mine, scope_key_builder: { fragments: [{ "
            "header_value_extractor: { name: x-scope, index: 0 } }] }, scoped_rds: { "
            "scoped_rds_config_source: { ads: {} } }, rds_config_source: { ads: {} } }\n"
            "      http_filters: [{ name: router, typed_config: { \"@type\": "
            "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router } }]\n");
  proxy.Start();
  proxy.Set(kScopedRouteType, "a", scope + "on_demand: true\n");
  proxy.Run();
  const auto scopes = Dump<admin::ScopedRoutesConfigDump>(proxy);
  ASSERT_EQ(scopes.dynamic_scoped_route_configs_size(), 1);
  const auto& entry = scopes.dynamic_scoped_route_configs(0);
  EXPECT_EQ(entry.name(), "a");
  ASSERT_EQ(entry.scoped_route_configs_size(), 1);
  EXPECT_EQ(entry.client_status(), admin::NACKED);
  EXPECT_NE(entry.error_state().version_info(), entry.version_info());
}

TEST_P(ConfigDumpTest, VirtualHostsThatComeByThemselvesAreInTheirTable) {
  if (GetParam() != Wire::kDelta) return;  // which alone they are told in
  ToldProxy proxy(GetParam());
  proxy.Offer();
  proxy.SetRoutes("routes", "users", "vhds: { config_source: { ads: {} } }\n");
  proxy.Set(kVirtualHostType, "routes/a", "name: routes/a\ndomains: [a.com]\n");
  proxy.Start();
  const auto names = [&proxy] {
    const auto dump = Dump<admin::RoutesConfigDump>(proxy);
    envoy::config::route::v3::RouteConfiguration routes;
    EXPECT_TRUE(dump.dynamic_route_configs(0).route_config().UnpackTo(&routes));
    std::vector<std::string> names;
    for (const auto& host : routes.virtual_hosts()) names.push_back(host.name());
    return names;
  };
  EXPECT_EQ(names(), (std::vector<std::string>{"all", "routes/a"}));
  proxy.Set(kVirtualHostType, "routes/b", "name: routes/b\ndomains: [a.com]\n");  // refused
  proxy.Set(kVirtualHostType, "routes/c", "name: routes/c\ndomains: [c.com]\n");
  proxy.Run();
  EXPECT_EQ(names(), (std::vector<std::string>{"all", "routes/a", "routes/c"}));
  proxy.Remove(kVirtualHostType, "routes/a");
  proxy.Run();
  EXPECT_EQ(Dump<admin::RoutesConfigDump>(proxy).dynamic_route_configs_size(), 1);
}

TEST_P(ConfigDumpTest, AListenerThatWaitsForItsRoutesIsWarming) {
  ToldProxy proxy(GetParam());
  proxy.Hold(kRouteType);
  proxy.Offer();
  proxy.Start();
  const auto listeners = Dump<admin::ListenersConfigDump>(proxy);
  ASSERT_EQ(listeners.dynamic_listeners_size(), 1);
  EXPECT_TRUE(listeners.dynamic_listeners(0).has_warming_state());
  EXPECT_FALSE(listeners.dynamic_listeners(0).has_active_state());
}

TEST_P(ConfigDumpTest, RoutesThatWaitForAClusterAreShownBesideThoseInForce) {
  ToldProxy proxy(GetParam());
  proxy.Offer();
  proxy.Start();
  const std::string version =
      Dump<admin::RoutesConfigDump>(proxy).dynamic_route_configs(0).version_info();
  proxy.SetRoutes("routes", "later");
  proxy.Run();
  auto routes = Dump<admin::RoutesConfigDump>(proxy);
  ASSERT_EQ(routes.dynamic_route_configs_size(), 2);
  EXPECT_EQ(routes.dynamic_route_configs(0).version_info(), version);
  EXPECT_NE(routes.dynamic_route_configs(1).version_info(), version);
  proxy.SetCluster("later");
  proxy.SetEndpoints("later", {0});
  proxy.Run();
  EXPECT_EQ(Dump<admin::RoutesConfigDump>(proxy).dynamic_route_configs_size(), 1);
}

TEST_P(ConfigDumpTest, EndpointsSayWhichVersionTheyAreOf) {
  ToldProxy proxy(GetParam());
  proxy.Offer();
  proxy.Start();
  const auto endpoints = Dump<admin::EndpointsConfigDump>(proxy);
  EXPECT_EQ(endpoints.static_endpoint_configs_size(), 1);  // the control plane's own
  ASSERT_EQ(endpoints.dynamic_endpoint_configs_size(), 1);
  const auto& entry = endpoints.dynamic_endpoint_configs(0);
  EXPECT_NE(entry.version_info(), "");
  EXPECT_TRUE(entry.has_last_updated());
  EXPECT_EQ(entry.client_status(), admin::ACKED);
}

TEST_P(ConfigDumpTest, ASecretThatHasNotComeIsWarming) {
  ToldProxy proxy(GetParam());
  proxy.Offer();
  proxy.Hold(kSecretType);
  proxy.SetListener(
      "web", "10.9.9.9",
      "  transport_socket:\n    name: tls\n    typed_config:\n      \"@type\": type.googleapis.com/"
      "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext\n      common_tls_context:\n"
      "        tls_certificate_sds_secret_configs: [{ name: pair, sds_config: { ads: {}, "
      "resource_api_version: V3 } }]\n");
  proxy.Start();
  const auto secrets = Dump<admin::SecretsConfigDump>(proxy);
  ASSERT_EQ(secrets.dynamic_warming_secrets_size(), 1);
  EXPECT_EQ(secrets.dynamic_warming_secrets(0).name(), "pair");
  EXPECT_EQ(secrets.dynamic_warming_secrets(0).client_status(), admin::REQUESTED);
}

}  // namespace
}  // namespace sluice
