// A control plane that is polled over HTTP.
#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "test/scenario/told_proxy.h"

namespace sluice {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

constexpr char kRest[] =
    "{ api_config_source: { api_type: REST, transport_api_version: V3, cluster_names: [xds], "
    "refresh_delay: 2s }, resource_api_version: V3 }";

// Answers polls by path with what it has; counts them.
class RestControlPlane {
 public:
  explicit RestControlPlane(ToldProxy& proxy)
      : server_(proxy.world(), *Address::FromIp("10.8.8.8", 18000),
                [this](const H1Message& request) { return Answer(request); }) {}

  // JSON of resources, as their path asks for them.
  void Set(const std::string& kind, const std::string& version, const std::string& resources) {
    responses_[absl::StrCat("/v3/discovery:", kind)] = {version, resources};
  }
  void Fail(bool fails) { fails_ = fails; }
  std::vector<H1Message> polls;

 private:
  H1Answer Answer(const H1Message& request) {
    polls.push_back(request);
    const auto at = responses_.find(request.path());
    if (fails_ || request.method() != "POST" || at == responses_.end()) return H1Answer::Of(500);
    const auto& [version, resources] = at->second;
    if (absl::StrContains(request.body, absl::StrCat("\"version_info\":\"", version, "\""))) {
      return H1Answer::Of(304);
    }
    return H1Answer::Of(
        200, absl::StrCat("{\"version_info\":\"", version, "\",\"resources\":[", resources, "]}"));
  }
  std::map<std::string, std::pair<std::string, std::string>> responses_;
  bool fails_ = false;
  H1Server server_;
};

std::string Cluster(const std::string& name, const std::string& ip) {
  return absl::StrCat(
      R"({"@type":"type.googleapis.com/envoy.config.cluster.v3.Cluster","name":")", name,
      R"(","load_assignment":{"cluster_name":")", name,
      R"(","endpoints":[{"lb_endpoints":[{"endpoint":{"address":{"socket_address":{"address":")",
      ip, R"(","port_value":80}}}}]}]}})");
}

std::string Listener() {
  return absl::StrCat(
      R"({"@type":"type.googleapis.com/envoy.config.listener.v3.Listener","name":"web",
      "address":{"socket_address":{"address":"10.9.9.9","port_value":80}},
      "filter_chains":[{"filters":[{"name":"http","typed_config":{"@type":"type.googleapis.com/)",
      R"(envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
      "stat_prefix":"test","rds":{"route_config_name":"routes","config_source":
      {"api_config_source":{"api_type":"REST","transport_api_version":"V3",
      "cluster_names":["xds"],"refresh_delay":"2s"},"resource_api_version":"V3"}},
      "http_filters":[{"name":"router","typed_config":{"@type":
      "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}]}}]}]})");
}

std::string Routes(const std::string& cluster) {
  return absl::StrCat(
      R"({"@type":"type.googleapis.com/envoy.config.route.v3.RouteConfiguration","name":"routes",
      "virtual_hosts":[{"name":"all","domains":["*"],"routes":[{"match":{"prefix":"/"},
      "route":{"cluster":")",
      cluster, R"("}}]}]})");
}

class RestDiscoveryTest : public testing::Test {
 protected:
  RestDiscoveryTest() {
    control_plane_.Set("clusters", "1", Cluster("users", "10.0.0.1"));
    control_plane_.Set("listeners", "1", Listener());
    control_plane_.Set("routes", "1", Routes("users"));
    proxy_.Host(0, H1Answer::Of(200));
    proxy_.Host(1, H1Answer::Of(201));
  }
  ToldProxy proxy_{Wire::kStateOfTheWorld, {.source = kRest}};
  RestControlPlane control_plane_{proxy_};
};

TEST_F(RestDiscoveryTest, ServesWhatItIsTold) {
  proxy_.Start();
  EXPECT_TRUE(proxy_.started());
  EXPECT_EQ(proxy_.Ask(), 200);
  ASSERT_FALSE(control_plane_.polls.empty());
  const H1Message& poll = control_plane_.polls.front();
  EXPECT_EQ(poll.path(), "/v3/discovery:clusters");
  EXPECT_EQ(poll.header("host"), "xds");
  EXPECT_EQ(poll.header("content-type"), "application/json");
  EXPECT_THAT(poll.body, HasSubstr("\"id\":\"me\""));
}

TEST_F(RestDiscoveryTest, WhatHasChangedIsSeenByTheNextPoll) {
  proxy_.Start();
  control_plane_.Set("clusters", "2", Cluster("users", "10.0.0.2"));
  EXPECT_EQ(proxy_.Ask(), 200);
  proxy_.Advance(seconds(3));
  EXPECT_EQ(proxy_.Ask(), 201);
  EXPECT_EQ(proxy_.Stat("cluster_manager.cds.update_success"), 2);
}

TEST_F(RestDiscoveryTest, ScopesOfRoutesArePolledToo) {
  const std::string source =
      R"({"api_config_source":{"api_type":"REST","transport_api_version":"V3",
      "cluster_names":["xds"],"refresh_delay":"2s"},"resource_api_version":"V3"})";
  const auto scope = [](const std::string& key) {
    return absl::StrCat(
        R"({"@type":"type.googleapis.com/envoy.config.route.v3.ScopedRouteConfiguration",
        "name":"a","key":{"fragments":[{"string_key":")",
        key, R"("}]},"route_configuration_name":"routes"})");
  };
  std::string listener = Listener();
  const size_t rds = listener.find("\"rds\":"), end = listener.find("\"http_filters\"");
  listener.replace(rds, end - rds,
                   absl::StrCat(
                       R"("scoped_routes":{"name":"mine","scope_key_builder":{"fragments":[{
          "header_value_extractor":{"name":"Host","index":0}}]},"rds_config_source":)",
                       source, R"(,"scoped_rds":{"scoped_rds_config_source":)", source, "}},"));
  control_plane_.Set("listeners", "1", listener);
  control_plane_.Set("scoped-routes", "1", scope("test"));
  proxy_.Start();
  EXPECT_EQ(proxy_.Ask(), 200);
  control_plane_.Set("scoped-routes", "2", scope("other.test"));
  proxy_.Advance(seconds(3));
  EXPECT_EQ(proxy_.Ask(), 404);
}

TEST_F(RestDiscoveryTest, WhileNobodyAnswersEverythingServesOn) {
  proxy_.Start();
  control_plane_.Fail(true);
  proxy_.Advance(seconds(60));
  EXPECT_EQ(proxy_.Ask(), 200);
  EXPECT_GT(proxy_.Stat("cluster_manager.cds.update_failure"), 10);
  control_plane_.Fail(false);
  control_plane_.Set("clusters", "2", Cluster("users", "10.0.0.2"));
  proxy_.Advance(seconds(3));
  EXPECT_EQ(proxy_.Ask(), 201);
}

TEST_F(RestDiscoveryTest, AMistakeIsRefusedAndTheVersionBeforeServes) {
  proxy_.Start();
  control_plane_.Set("routes", "2",
                     R"({"@type":"type.googleapis.com/envoy.config.route.v3.)"
                     R"(RouteConfiguration","name":"routes","virtual_hosts":[{}]})");
  proxy_.Advance(seconds(5));
  EXPECT_EQ(proxy_.Ask(), 200);
  EXPECT_GE(proxy_.Stat("listener_manager.rds.update_rejected"), 1);
  EXPECT_THAT(control_plane_.polls.back().body, testing::Not(HasSubstr("\"version_info\":\"2\"")));
}

}  // namespace
}  // namespace sluice
