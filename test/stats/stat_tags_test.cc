#include "source/stats/stat_tags.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

// "name tag=value tag=value"
std::string Extracted(absl::string_view stat_name) {
  const TaggedStatName tagged = ExtractStatTags(stat_name);
  std::string text = tagged.name;
  for (const StatTag& tag : tagged.tags) absl::StrAppend(&text, " ", tag.name, "=", tag.value);
  return text;
}

struct Case {
  const char* name;
  const char* extracted;
};

class StatTags : public testing::TestWithParam<Case> {};

TEST_P(StatTags, AreWhatDashboardsExpect) {
  EXPECT_EQ(Extracted(GetParam().name), GetParam().extracted);
}

constexpr Case kClusterAndHttp[] = {
    {"server.live", "server.live"},
    {"cluster_manager.active_clusters", "cluster_manager.active_clusters"},
    {"cluster.users.upstream_cx_total", "cluster.upstream_cx_total envoy.cluster_name=users"},
    {"cluster.users.upstream_rq_total", "cluster.upstream_rq_total envoy.cluster_name=users"},
    {"cluster.users.upstream_rq_200",
     "cluster.upstream_rq envoy.response_code=200 envoy.cluster_name=users"},
    {"cluster.users.upstream_rq_5xx",
     "cluster.upstream_rq_xx envoy.response_code_class=5 envoy.cluster_name=users"},
    {"cluster.users.internal.upstream_rq_2xx",
     "cluster.internal.upstream_rq_xx envoy.response_code_class=2 envoy.cluster_name=users"},
    {"cluster.users.circuit_breakers.default.cx_open",
     "cluster.circuit_breakers.default.cx_open envoy.cluster_name=users"},
    {"cluster.users.ssl.ciphers.ECDHE-RSA-AES128-GCM-SHA256",
     "cluster.ssl.ciphers cipher_suite=ECDHE-RSA-AES128-GCM-SHA256 envoy.cluster_name=users"},
    {"cluster.users.ssl.versions.TLSv1.3",
     "cluster.ssl.versions envoy.ssl_version=TLSv1.3 envoy.cluster_name=users"},
    {"cluster.a.grpc.Svc.Method.success",
     "cluster.grpc.success envoy.grpc_bridge_method=Method envoy.grpc_bridge_service=Svc "
     "envoy.cluster_name=a"},
    {"http.ingress.downstream_cx_active",
     "http.downstream_cx_active envoy.http_conn_manager_prefix=ingress"},
    {"http.ingress.downstream_rq_4xx",
     "http.downstream_rq_xx envoy.response_code_class=4 envoy.http_conn_manager_prefix=ingress"},
    {"http.admin.downstream_rq_total",
     "http.downstream_rq_total envoy.http_conn_manager_prefix=admin"},
    {"http.in.rds.routes.v1.update_success",
     "http.rds.update_success envoy.http_conn_manager_prefix=in envoy.rds_route_config=routes.v1"},
    {"http.in.ext_authz.outer.ok",
     "http.ext_authz.ok envoy.ext_authz_prefix=outer envoy.http_conn_manager_prefix=in"},
    {"vhost.all.vcluster.other.upstream_rq_timeout",
     "vhost.vcluster.upstream_rq_timeout envoy.virtual_cluster=other envoy.virtual_host=all"},
    {"in.http_local_rate_limit.enabled",
     "http_local_rate_limit.enabled envoy.local_http_ratelimit_prefix=in"},
    {"tcp.tunnel.downstream_cx_total", "tcp.downstream_cx_total envoy.tcp_prefix=tunnel"},
};
INSTANTIATE_TEST_SUITE_P(ClusterAndHttp, StatTags, testing::ValuesIn(kClusterAndHttp));

constexpr Case kListenersAndOdd[] = {
    {"listener.0.0.0.0_10000.downstream_cx_total",
     "listener.downstream_cx_total envoy.listener_address=0.0.0.0_10000"},
    {"listener.[__1]_10000.downstream_cx_total",
     "listener.downstream_cx_total envoy.listener_address=[__1]_10000"},
    {"listener.named.downstream_cx_total",
     "listener.downstream_cx_total envoy.listener_address=named"},
    {"listener.127.0.0.1_80.http.in.downstream_rq_2xx",
     "listener.http.downstream_rq_xx envoy.response_code_class=2 "
     "envoy.http_conn_manager_prefix=in envoy.listener_address=127.0.0.1_80"},
    {"listener.127.0.0.1_80.worker_3.downstream_cx_active",
     "listener.worker_downstream_cx_active envoy.listener_address=127.0.0.1_80 "
     "envoy.worker_id=3"},
    {"listener.admin.downstream_cx_total", "listener.admin.downstream_cx_total"},
    {"listener.127.0.0.1_80.ssl.ciphers.AES128-SHA",
     "listener.ssl.ciphers envoy.ssl_cipher=AES128-SHA envoy.listener_address=127.0.0.1_80"},
    {"listener_manager.worker_0.dispatcher.loop_duration_us",
     "listener_manager.worker_dispatcher.loop_duration_us envoy.worker_id=0"},
    {"listener_manager.workers_started", "listener_manager.workers_started"},
    // Nothing left to take the tag from, or nothing to take.
    {"cluster.users", "cluster.users"},
    {"cluster", "cluster"},
    {"", ""},
    {"cluster..upstream_rq_total", "cluster..upstream_rq_total"},
    {"_rq_2xx", "_rq_xx envoy.response_code_class=2"},
    {"x_rq_20x", "x_rq_20x"},
    {"x_rq_1234", "x_rq_1234"},
    {"listener.1.2.3.x_80.y", "listener.2.3.x_80.y envoy.listener_address=1"},
};
INSTANTIATE_TEST_SUITE_P(ListenersAndOdd, StatTags, testing::ValuesIn(kListenersAndOdd));

}  // namespace
}  // namespace sluice
