// /config_dump: parts, resources, masks, names, and that no secret gets out.
#include <string>

#include "absl/strings/match.h"
#include "envoy/admin/v3/config_dump.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/tls.pb.h"
#include "google/protobuf/util/json_util.h"
#include "source/server/admin/redact.h"
#include "test/server/admin_fixture.h"

namespace sluice {
namespace {

constexpr char kBootstrap[] = R"pb(
  node { id: "n" }
  static_resources {
    clusters { name: "users" alt_stat_name: "u" }
    clusters { name: "orders" }
    listeners {
      name: "main"
      filter_chains {
        filters {
          name: "http"
          typed_config {
            [type.googleapis.com/
             envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager] {
              stat_prefix: "in"
              route_config { name: "local_route" }
            }
          }
        }
      }
    }
  }
)pb";

class AdminConfigDump : public AdminFixture {
 protected:
  AdminConfigDump() { SetBootstrap(kBootstrap); }
  envoy::admin::v3::ConfigDump Dump(absl::string_view target) {
    const AdminResponse response = Get(target);
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(response.content_type, AdminResponse::kJson);
    envoy::admin::v3::ConfigDump dump;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(response.body, &dump).ok())
        << response.body;
    return dump;
  }
  // The short type names, in order.
  static std::string Types(const envoy::admin::v3::ConfigDump& dump) {
    std::string types;
    for (const auto& config : dump.configs()) {
      absl::StrAppend(&types, config.type_url().substr(config.type_url().rfind('.') + 1), " ");
    }
    return types;
  }
  template <class T>
  static T As(const google::protobuf::Any& any) {
    T message;
    EXPECT_TRUE(any.UnpackTo(&message)) << any.type_url();
    return message;
  }
};

using envoy::admin::v3::ClustersConfigDump;

TEST_F(AdminConfigDump, ShowsAllParts) {
  const auto dump = Dump("/config_dump");
  EXPECT_EQ(Types(dump),
            "BootstrapConfigDump ClustersConfigDump ListenersConfigDump RoutesConfigDump ");
  const auto clusters = As<ClustersConfigDump>(dump.configs(1));
  ASSERT_EQ(clusters.static_clusters_size(), 2);
  EXPECT_EQ(clusters.static_clusters(0).last_updated().seconds(), 1);
  EXPECT_EQ(clusters.static_clusters(0).last_updated().nanos(), 500'000'000);
  const auto routes = As<envoy::admin::v3::RoutesConfigDump>(dump.configs(3));
  ASSERT_EQ(routes.static_route_configs_size(), 1);
  const std::string body = Get("/config_dump").body;
  EXPECT_TRUE(absl::StrContains(
      body, R"("@type": "type.googleapis.com/envoy.admin.v3.BootstrapConfigDump")"));
  EXPECT_TRUE(absl::StrContains(body, R"("name": "local_route")"));
}

TEST_F(AdminConfigDump, ShowsOneResource) {
  const auto dump = Dump("/config_dump?resource=static_clusters");
  EXPECT_EQ(Types(dump), "StaticCluster StaticCluster ");
  EXPECT_EQ(Types(Dump("/config_dump?resource=dynamic_listeners")), "");
  const AdminResponse missing = Get("/config_dump?resource=nothing");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.body, "nothing not found in config dump");
  const AdminResponse single = Get("/config_dump?resource=bootstrap");
  EXPECT_EQ(single.status, 400);
  EXPECT_TRUE(absl::StartsWith(single.body, "bootstrap is not a repeated field. Use ?mask="));
}

TEST_F(AdminConfigDump, ShowsDynamicListenersInServiceAndWarming) {
  envoy::config::listener::v3::Listener first, next;
  first.set_stat_prefix("first");
  next.set_stat_prefix("next");
  dynamic_listeners = {{.name = "web",
                        .active = {"3", &first, WallTime(std::chrono::seconds(7))},
                        .warming = {"4", &next, WallTime(std::chrono::seconds(8))}},
                       {.name = "new", .active = {}, .warming = {"1", &next, {}}}};
  using envoy::admin::v3::ListenersConfigDump;
  const auto dump = Dump("/config_dump?resource=dynamic_listeners");
  ASSERT_EQ(dump.configs_size(), 2);
  const auto web = As<ListenersConfigDump::DynamicListener>(dump.configs(0));
  EXPECT_EQ(web.name(), "web");
  EXPECT_EQ(web.active_state().version_info(), "3");
  EXPECT_EQ(web.active_state().last_updated().seconds(), 7);
  EXPECT_EQ(As<envoy::config::listener::v3::Listener>(web.warming_state().listener()).stat_prefix(),
            "next");
  EXPECT_FALSE(As<ListenersConfigDump::DynamicListener>(dump.configs(1)).has_active_state());
}

TEST_F(AdminConfigDump, MasksParts) {
  const auto dump = Dump("/config_dump?mask=bootstrap.node");
  ASSERT_EQ(Types(dump), "BootstrapConfigDump ");
  const auto part = As<envoy::admin::v3::BootstrapConfigDump>(dump.configs(0));
  EXPECT_EQ(part.bootstrap().node().id(), "n");
  EXPECT_FALSE(part.bootstrap().has_static_resources());
  EXPECT_FALSE(part.has_last_updated());
  EXPECT_EQ(Get("/config_dump?mask=nothing.at.all").status, 400);
}

TEST_F(AdminConfigDump, MasksResourcesInsideTheirAny) {
  const auto dump = Dump("/config_dump?resource=static_clusters&mask=cluster.name");
  ASSERT_EQ(dump.configs_size(), 2);
  const auto entry = As<ClustersConfigDump::StaticCluster>(dump.configs(0));
  EXPECT_FALSE(entry.has_last_updated());
  const auto cluster = As<envoy::config::cluster::v3::Cluster>(entry.cluster());
  EXPECT_EQ(cluster.name(), "users");
  EXPECT_EQ(cluster.alt_stat_name(), "");
  const auto whole = Dump("/config_dump?resource=static_clusters&mask=cluster");
  EXPECT_EQ(As<envoy::config::cluster::v3::Cluster>(
                As<ClustersConfigDump::StaticCluster>(whole.configs(0)).cluster())
                .alt_stat_name(),
            "u");
  for (absl::string_view mask : {"cluster.nothing", "nothing", "cluster.name.x"}) {
    const AdminResponse refused =
        Get(absl::StrCat("/config_dump?resource=static_clusters&mask=", mask));
    EXPECT_EQ(refused.status, 400) << mask;
  }
}

TEST_F(AdminConfigDump, EmptyPartsOfAMaskAreNoReasonToRefuse) {
  for (absl::string_view mask : {"", ".", ",", "cluster.", "cluster..name", ".cluster"}) {
    EXPECT_EQ(Get(absl::StrCat("/config_dump?resource=static_clusters&mask=", mask)).status, 200)
        << mask;
  }
}

TEST_F(AdminConfigDump, KeepsWhatHasAMatchingName) {
  const auto dump = Dump("/config_dump?name_regex=u.*s");
  EXPECT_EQ(Types(dump),
            "BootstrapConfigDump ClustersConfigDump ListenersConfigDump RoutesConfigDump ");
  EXPECT_EQ(As<ClustersConfigDump>(dump.configs(1)).static_clusters_size(), 1);
  EXPECT_EQ(As<envoy::admin::v3::ListenersConfigDump>(dump.configs(2)).static_listeners_size(), 0);
  EXPECT_EQ(Types(Dump("/config_dump?resource=static_clusters&name_regex=orders")),
            "StaticCluster ");
  EXPECT_EQ(Types(Dump("/config_dump?resource=static_clusters&name_regex=order")), "");
  EXPECT_EQ(Get("/config_dump?name_regex=%28").status, 400);
}

TEST_F(AdminConfigDump, IncludesEndpointsWhenAsked) {
  ClusterView cluster;
  cluster.name = "users";
  HostView host;
  host.address = "10.0.0.1:80";
  cluster.hosts.push_back(host);
  host.address = "10.0.0.2:80";
  host.flags = {HostFlag::kFailedActiveCheck};
  cluster.hosts.push_back(host);
  host.zone = "z";
  host.flags = {HostFlag::kDegradedByActiveCheck};
  cluster.hosts.push_back(host);
  clusters.push_back(cluster);
  const auto dump = Dump("/config_dump?include_eds");
  ASSERT_EQ(Types(dump),
            "BootstrapConfigDump ClustersConfigDump EndpointsConfigDump ListenersConfigDump "
            "RoutesConfigDump ");
  const auto part = As<envoy::admin::v3::EndpointsConfigDump>(dump.configs(2));
  ASSERT_EQ(part.static_endpoint_configs_size(), 1);
  const auto endpoints = As<envoy::config::endpoint::v3::ClusterLoadAssignment>(
      part.static_endpoint_configs(0).endpoint_config());
  EXPECT_EQ(endpoints.cluster_name(), "users");
  EXPECT_EQ(endpoints.policy().overprovisioning_factor().value(), 140u);
  ASSERT_EQ(endpoints.endpoints_size(), 2);
  ASSERT_EQ(endpoints.endpoints(0).lb_endpoints_size(), 2);
  using envoy::config::core::v3::HealthStatus;
  EXPECT_EQ(endpoints.endpoints(0).lb_endpoints(0).health_status(), HealthStatus::HEALTHY);
  EXPECT_EQ(endpoints.endpoints(0).lb_endpoints(1).health_status(), HealthStatus::UNHEALTHY);
  EXPECT_EQ(endpoints.endpoints(1).locality().zone(), "z");
  EXPECT_EQ(endpoints.endpoints(1).lb_endpoints(0).health_status(), HealthStatus::DEGRADED);
  EXPECT_EQ(Types(Dump("/config_dump?include_eds&resource=static_endpoint_configs&name_regex=x")),
            "");
}

TEST_F(AdminConfigDump, SecretsNeverGetOut) {
  const std::string tls = R"pb(
    common_tls_context {
      tls_certificates {
        certificate_chain { inline_string: "PUBLIC CHAIN" }
        private_key { inline_string: "TOPSECRET-text" }
      }
      tls_certificates {
        private_key { inline_bytes: "TOPSECRET-bytes" }
        password { filename: "TOPSECRET-file" }
      }
    }
  )pb";
  envoy::extensions::transport_sockets::tls::v3::UpstreamTlsContext context;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(tls, &context));
  auto& cluster = *bootstrap.mutable_static_resources()->mutable_clusters(0);
  cluster.mutable_transport_socket()->mutable_typed_config()->PackFrom(context);
  for (absl::string_view target :
       {"/config_dump", "/config_dump?resource=static_clusters", "/config_dump?mask=bootstrap"}) {
    const std::string body = Get(target).body;
    EXPECT_FALSE(absl::StrContains(body, "TOPSECRET")) << target;
    EXPECT_FALSE(absl::StrContains(body, "VE9QU0VDUkVU")) << "in base64";
    EXPECT_TRUE(absl::StrContains(body, "PUBLIC CHAIN")) << target;
    EXPECT_TRUE(absl::StrContains(body, R"("inline_string": "[redacted]")")) << target;
    EXPECT_TRUE(absl::StrContains(body, R"("inline_bytes": "W3JlZGFjdGVkXQ==")")) << target;
  }
}

TEST_F(AdminConfigDump, ASensitiveAnyOfUnknownTypeIsCleared) {
  envoy::extensions::transport_sockets::tls::v3::PrivateKeyProvider provider;
  provider.set_provider_name("p");
  provider.mutable_typed_config()->set_type_url("type.googleapis.com/not.Linked");
  provider.mutable_typed_config()->set_value("TOPSECRET");
  Redact(provider);
  EXPECT_EQ(provider.provider_name(), "p");
  EXPECT_EQ(provider.typed_config().value(), "");
}

}  // namespace
}  // namespace sluice
