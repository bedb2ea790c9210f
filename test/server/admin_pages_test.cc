// What the pages about the server, listeners, clusters and stats say.
#include <functional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "envoy/admin/v3/clusters.pb.h"
#include "envoy/admin/v3/listeners.pb.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "source/server/admin/proto_address.h"
#include "source/server/admin/proto_json.h"
#include "test/harness/sim_world.h"
#include "test/server/admin_fixture.h"

namespace sluice {
namespace {

class AdminPages : public AdminFixture {
 protected:
  template <class T>
  T Parsed(const AdminResponse& response) {
    T message;
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.content_type, AdminResponse::kJson);
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(response.body, &message).ok())
        << response.body;
    return message;
  }
  void AddCluster() {
    ClusterView cluster;
    cluster.name = "users";
    cluster.default_breaker = {1, 2, 3, 4};
    cluster.high_breaker = {5, 6, 7, 8};
    HostView host;
    host.address = "10.0.0.1:80";
    host.hostname = "a.test";
    host.region = "r";
    host.zone = "z";
    host.sub_zone = "s";
    host.weight = 9;
    host.priority = 1;
    host.cx_active = 1, host.cx_connect_fail = 2, host.cx_total = 3;
    host.rq_active = 4, host.rq_error = 5, host.rq_success = 6, host.rq_timeout = 7;
    host.rq_total = 8;
    cluster.hosts.push_back(host);
    clusters.push_back(cluster);
  }
};

TEST_F(AdminPages, ReadyNamesTheState) {
  const std::pair<ServerState, const char*> states[] = {
      {ServerState::kLive, "LIVE\n"},
      {ServerState::kDraining, "DRAINING\n"},
      {ServerState::kPreInitializing, "PRE_INITIALIZING\n"},
      {ServerState::kInitializing, "INITIALIZING\n"},
  };
  for (const auto& [state, text] : states) {
    server.state = state;
    const AdminResponse ready = Get("/ready");
    EXPECT_EQ(ready.body, text);
    EXPECT_EQ(ready.status, state == ServerState::kLive ? 200 : 503);
  }
}

TEST_F(AdminPages, ServerInfoPrintsDefaultsToo) {
  server.version = "1.2";
  server.state = ServerState::kLive;
  server.uptime = std::chrono::milliseconds(61'900);
  server.options.set_concurrency(3);
  server.node.set_id("node-1");
  const AdminResponse response = Get("/server_info");
  const auto info = Parsed<envoy::admin::v3::ServerInfo>(response);
  EXPECT_EQ(info.version(), "1.2");
  EXPECT_EQ(info.uptime_current_epoch().seconds(), 61);
  EXPECT_EQ(info.command_line_options().concurrency(), 3u);
  EXPECT_EQ(info.node().id(), "node-1");
  for (absl::string_view text :
       {R"("state": "LIVE")", R"("uptime_current_epoch": "61s")", R"("uptime_all_epochs": "61s")",
        R"("hot_restart_version": "disabled")", R"("restart_epoch": 0)", R"("cluster": "")"}) {
    EXPECT_TRUE(absl::StrContains(response.body, text)) << text << response.body;
  }
}

TEST_F(AdminPages, ListenersAsTextAndJson) {
  listeners = {{"main", {"0.0.0.0:80", "[::]:80"}}, {"local", {"/run/x.sock"}}};
  EXPECT_EQ(Get("/listeners").body, "main::0.0.0.0:80\nmain::[::]:80\nlocal::/run/x.sock\n");
  EXPECT_EQ(Get("/listeners").content_type, AdminResponse::kText);
  const auto message = Parsed<envoy::admin::v3::Listeners>(Get("/listeners?format=json"));
  ASSERT_EQ(message.listener_statuses_size(), 2);
  const auto& main = message.listener_statuses(0);
  EXPECT_EQ(main.name(), "main");
  EXPECT_EQ(main.local_address().socket_address().address(), "0.0.0.0");
  EXPECT_EQ(main.local_address().socket_address().port_value(), 80u);
  ASSERT_EQ(main.additional_local_addresses_size(), 1);
  EXPECT_EQ(main.additional_local_addresses(0).socket_address().address(), "::");
  EXPECT_EQ(message.listener_statuses(1).local_address().pipe().path(), "/run/x.sock");
}

TEST_F(AdminPages, AddressesThatAreNoSocketArePipes) {
  EXPECT_EQ(ProtoAddress("@abstract:1").pipe().path(), "@abstract:1");
  EXPECT_EQ(ProtoAddress("/a:1").pipe().path(), "/a:1");
  EXPECT_EQ(ProtoAddress("odd").pipe().path(), "odd");
  EXPECT_EQ(ProtoAddress("").pipe().path(), "");
}

TEST_F(AdminPages, ClustersAsText) {
  AddCluster();
  EXPECT_EQ(Get("/clusters").body, R"(users::observability_name::users
users::default_priority::max_connections::1
users::default_priority::max_pending_requests::2
users::default_priority::max_requests::3
users::default_priority::max_retries::4
users::high_priority::max_connections::5
users::high_priority::max_pending_requests::6
users::high_priority::max_requests::7
users::high_priority::max_retries::8
users::added_via_api::false
users::10.0.0.1:80::cx_active::1
users::10.0.0.1:80::cx_connect_fail::2
users::10.0.0.1:80::cx_total::3
users::10.0.0.1:80::rq_active::4
users::10.0.0.1:80::rq_error::5
users::10.0.0.1:80::rq_success::6
users::10.0.0.1:80::rq_timeout::7
users::10.0.0.1:80::rq_total::8
users::10.0.0.1:80::hostname::a.test
users::10.0.0.1:80::health_flags::healthy
users::10.0.0.1:80::weight::9
users::10.0.0.1:80::region::r
users::10.0.0.1:80::zone::z
users::10.0.0.1:80::sub_zone::s
users::10.0.0.1:80::canary::false
users::10.0.0.1:80::priority::1
users::10.0.0.1:80::success_rate::-1
users::10.0.0.1:80::local_origin_success_rate::-1
)");
  clusters[0].hosts[0].flags = {HostFlag::kFailedActiveCheck, HostFlag::kActiveCheckTimeout};
  clusters[0].added_by = AddedBy::kDiscovery;
  clusters[0].observability_name = "u";
  clusters[0].eds_service_name = "svc";
  const std::string changed = Get("/clusters").body;
  EXPECT_TRUE(absl::StrContains(changed, "::health_flags::/failed_active_hc/active_hc_timeout\n"));
  EXPECT_TRUE(
      absl::StrContains(changed, "users::added_via_api::true\nusers::eds_service_name::svc\n"));
  EXPECT_TRUE(absl::StartsWith(changed, "users::observability_name::u\n"));
}

TEST_F(AdminPages, ClustersAsJson) {
  AddCluster();
  clusters[0].hosts[0].flags = {HostFlag::kFailedPassiveCheck, HostFlag::kDegradedByDiscovery};
  const auto message = Parsed<envoy::admin::v3::Clusters>(Get("/clusters?format=json"));
  ASSERT_EQ(message.cluster_statuses_size(), 1);
  const auto& cluster = message.cluster_statuses(0);
  EXPECT_EQ(cluster.name(), "users");
  EXPECT_EQ(cluster.circuit_breakers().thresholds(1).max_pending_requests().value(), 6u);
  EXPECT_EQ(cluster.circuit_breakers().thresholds(1).priority(), envoy::config::core::v3::HIGH);
  ASSERT_EQ(cluster.host_statuses_size(), 1);
  const auto& host = cluster.host_statuses(0);
  EXPECT_EQ(host.address().socket_address().port_value(), 80u);
  EXPECT_EQ(host.locality().zone(), "z");
  EXPECT_EQ(host.weight(), 9u);
  EXPECT_TRUE(host.health_status().failed_outlier_check());
  EXPECT_EQ(host.health_status().eds_health_status(), envoy::config::core::v3::DEGRADED);
  std::string metrics;
  for (const auto& metric : host.stats()) {
    const bool gauge = metric.type() == envoy::admin::v3::SimpleMetric::GAUGE;
    absl::StrAppend(&metrics, metric.name(), gauge ? "~" : "=", metric.value(), " ");
  }
  EXPECT_EQ(metrics,
            "cx_connect_fail=2 cx_total=3 rq_error=5 rq_success=6 rq_timeout=7 rq_total=8 "
            "cx_active~1 rq_active~4 ");
}

TEST_F(AdminPages, StatsTakesItsParameters) {
  stats.GetCounter("a.rq_total").Add(cells, 2);
  stats.GetCounter("b.rq_total");
  stats.GetGauge("a.active").Set(cells, 1);
  stats.GetHistogram("a.time").Record(cells, 5);
  EXPECT_EQ(Get("//stats?filter=rq").body, "a.rq_total: 2\nb.rq_total: 0\n");
  EXPECT_EQ(Get("/stats?usedonly&filter=%5E.%5C.rq").body, "a.rq_total: 2\n");
  EXPECT_EQ(Get("/stats?type=Gauges").body, "a.active: 1\n");
  EXPECT_EQ(Get("/stats?type=Counters&usedonly").body, "a.rq_total: 2\n");
  EXPECT_TRUE(absl::StartsWith(Get("/stats?type=Histograms").body, "a.time: P0("));
  EXPECT_TRUE(absl::StartsWith(Get("/stats?type=Histograms&histogram_buckets=cumulative").body,
                               "a.time: B0.5(0,0) B1(0,0) B5(0,1) "));
  const AdminResponse json = Get("/stats?format=json");
  EXPECT_EQ(json.content_type, AdminResponse::kJson);
  google::protobuf::Struct parsed;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(json.body, &parsed).ok()) << json.body;
}

TEST_F(AdminPages, PrometheusByEitherPath) {
  stats.GetCounter("cluster.a.upstream_rq_total").Add(cells, 2);
  stats.GetCounter("cluster.a.upstream_cx_total");
  const AdminResponse page = Get("/stats/prometheus?usedonly");
  EXPECT_EQ(page.body,
            "# TYPE envoy_cluster_upstream_rq_total counter\n"
            "envoy_cluster_upstream_rq_total{envoy_cluster_name=\"a\"} 2\n\n");
  EXPECT_EQ(Get("/stats?format=prometheus&usedonly").body, page.body);
}

TEST_F(AdminPages, OthersHaveTheirTurnsWhileALongPageOfStatsIsMade) {
  constexpr size_t kStats = 30'000;
  for (size_t i = 0; i < kStats; ++i) {
    stats.GetCounter(absl::StrCat("cluster.c", i, ".upstream_rq_total"));
  }
  SimWorld world;
  EventLoop& loop = world.main().loop;
  soon = [&loop](absl::AnyInvocable<void()> work) { loop.Post(std::move(work)); };
  for (const char* target : {"/stats", "/stats?format=json", "/stats/prometheus"}) {
    std::string body;
    size_t turns = 0;
    handler().Handle({"GET", target}, [&](const AdminResponse& answer) {
      body = absl::StrCat(answer.body, absl::StrJoin(answer.more, ""));
    });
    const std::function<void()> other = [&] {
      if (!body.empty()) return;
      ++turns;
      loop.Post(other);
    };
    loop.Post(other);
    world.RunUntilIdle();
    EXPECT_GE(turns, kStats / 2048 - 1) << target;  // between any two parts
    EXPECT_TRUE(absl::StrContains(body, "c29999")) << target;
  }
}

TEST_F(AdminPages, StatsRefusesWhatItDoesNotKnow) {
  EXPECT_EQ(Get("/stats?filter=%28").status, 400);
  EXPECT_EQ(Get("/stats?filter=%28").body, "Invalid re2 regex");
  EXPECT_EQ(Get("/stats/prometheus?filter=%28").status, 400);
  EXPECT_EQ(Get("/stats?format=xml").status, 400);
  EXPECT_EQ(Get("/stats?type=counters").status, 400);
  EXPECT_EQ(Get("/stats?histogram_buckets=all").status, 400);
}

TEST_F(AdminPages, InThePlaceOfWhatCannotBePrintedStandsItsType) {
  google::protobuf::Any any;
  any.set_type_url("type.googleapis.com/not.Linked");
  any.set_value("x");
  const AdminResponse response = ProtoJson(any);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, AdminResponse::kJson);
  EXPECT_EQ(response.body, R"({
 "@type": "type.googleapis.com/xds.type.v3.TypedStruct",
 "type_url": "type.googleapis.com/not.Linked",
 "value": {
  "unreadable_bytes": 1
 }
}
)");
}

}  // namespace
}  // namespace sluice
