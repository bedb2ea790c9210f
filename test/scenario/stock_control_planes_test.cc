// What control planes that know Envoy only send: the shapes of Envoy Gateway and of Contour, with
// all that they put into every listener and cluster. Nothing of it is refused, and requests are
// answered.
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "test/harness/h1_peer.h"
#include "test/scenario/told_proxy.h"

namespace sluice {
namespace {

using testing::IsEmpty;

class StockControlPlane : public testing::TestWithParam<Wire> {};

INSTANTIATE_TEST_SUITE_P(, StockControlPlane, testing::Values(Wire::kStateOfTheWorld, Wire::kDelta),
                         [](const auto& info) {
                           return info.param == Wire::kDelta ? "Delta" : "StateOfTheWorld";
                         });

// Envoy Gateway: a listener of no chain but the default one, each route allows WebSocket, policies
// of balancing as extensions.
constexpr char kGatewayListener[] = R"(
name: default/eg/http
address: { socket_address: { address: 10.9.9.9, port_value: 80 } }
max_connections_to_accept_per_socket_event: 1
per_connection_buffer_limit_bytes: 32768
default_filter_chain:
  name: default/eg/http
  filters:
  - name: envoy.filters.network.http_connection_manager
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
      stat_prefix: http-10080
      common_http_protocol_options: { headers_with_underscores_action: REJECT_REQUEST }
      http2_protocol_options:
        initial_stream_window_size: 65536
        initial_connection_window_size: 1048576
        max_concurrent_streams: 100
      http_filters:
      - name: envoy.filters.http.router
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
          suppress_envoy_headers: true
      normalize_path: true
      merge_slashes: true
      path_with_escaped_slashes_action: UNESCAPE_AND_REDIRECT
      scheme_header_transformation: { match_upstream: true }
      server_header_transformation: PASS_THROUGH
      use_remote_address: true
      rds:
        config_source: { ads: {}, resource_api_version: V3 }
        route_config_name: default/eg/http
)";
constexpr char kGatewayRoutes[] = R"(
name: default/eg/http
ignore_port_in_host_matching: true
virtual_hosts:
- name: default/eg/http/www_example_com
  domains: [www.example.com]
  metadata: { filter_metadata: { envoy-gateway: { resources: [{ kind: Gateway, name: eg }] } } }
  routes:
  - name: httproute/default/backend/rule/0/match/0/www_example_com
    match: { path_separated_prefix: /chat }
    metadata: { filter_metadata: { envoy-gateway: { resources: [{ kind: HTTPRoute, name: backend }] } } }
    route:
      cluster: httproute/default/backend/rule/0
      upgrade_configs: [{ upgrade_type: websocket }]
)";
constexpr char kGatewayCluster[] = R"(
name: httproute/default/backend/rule/0
type: EDS
eds_cluster_config:
  eds_config: { ads: {}, resource_api_version: V3 }
  service_name: httproute/default/backend/rule/0
circuit_breakers: { thresholds: [{ max_retries: 1024 }] }
common_lb_config: {}
connect_timeout: 10s
dns_lookup_family: V4_PREFERRED
ignore_health_on_host_removal: true
load_balancing_policy:
  policies:
  - typed_extension_config:
      name: envoy.load_balancing_policies.least_request
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest
        locality_lb_config: { locality_weighted_lb_config: {} }
metadata: { filter_metadata: { envoy-gateway: { resources: [{ kind: HTTPRoute, name: backend }] } } }
per_connection_buffer_limit_bytes: 32768
)";

TEST_P(StockControlPlane, EnvoyGatewaysListenerServes) {
  ToldProxy proxy(GetParam());
  const std::string cluster = "httproute/default/backend/rule/0";
  proxy.Set(kClusterType, cluster, kGatewayCluster);
  proxy.SetEndpoints(cluster, {0});
  proxy.Set(kRouteType, "default/eg/http", kGatewayRoutes);
  proxy.Set(kListenerType, "default/eg/http", kGatewayListener);
  proxy.Start();
  EXPECT_THAT(proxy.TakeRefusals(), IsEmpty());
  proxy.Host(0, H1Answer::Of(200, "chat"));
  H1Client& client = proxy.Client();
  client.Send("GET /chat/room HTTP/1.1\r\nHost: www.example.com\r\n\r\n");
  proxy.Run();
  EXPECT_EQ(client.response(0).status(), 200);
}

// Contour: a stream for each kind, and the filters it puts into every chain.
constexpr char kContourListener[] = R"(
name: ingress_http
address: { socket_address: { address: 10.9.9.9, port_value: 80 } }
filter_chains:
- filters:
  - name: envoy.filters.network.http_connection_manager
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
      stat_prefix: ingress_http
      rds:
        route_config_name: routes
        config_source: { ads: {}, resource_api_version: V3 }
      http_filters:
      - name: envoy.filters.http.compressor
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.http.compressor.v3.Compressor
          compressor_library:
            name: gzip
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.compression.gzip.compressor.v3.Gzip
          response_direction_config:
            common_config: { content_type: [text/html, text/plain, application/json] }
      - name: envoy.filters.http.grpc_web
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.http.grpc_web.v3.GrpcWeb
      - name: envoy.filters.http.cors
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors
      - name: envoy.filters.http.grpc_stats
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.http.grpc_stats.v3.FilterConfig
          emit_filter_state: true
          enable_upstream_stats: true
      - name: envoy.filters.http.local_ratelimit
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit
          stat_prefix: http
      - name: envoy.filters.http.lua
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua
          default_source_code: { inline_string: "-- Placeholder for per-Route or per-Cluster config." }
      - name: envoy.filters.http.rbac
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC
      - name: router
        typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
      http_protocol_options: { accept_http_10: true }
      common_http_protocol_options: { idle_timeout: 60s }
      request_timeout: 0s
      stream_idle_timeout: 300s
      drain_timeout: 5s
      delayed_close_timeout: 1s
      use_remote_address: true
      xff_num_trusted_hops: 0
      normalize_path: true
      preserve_external_request_id: true
      merge_slashes: true
      server_header_transformation: OVERWRITE
)";

TEST_P(StockControlPlane, ContoursListenerServes) {
  ToldProxy proxy(GetParam());
  proxy.Offer();
  proxy.SetCluster("users", R"(
connect_timeout: 2s
lb_policy: ROUND_ROBIN
alt_stat_name: default_users_80
common_lb_config: { healthy_panic_threshold: { value: 0 } }
ignore_health_on_host_removal: true
)");
  proxy.Remove(kListenerType, "web");
  proxy.Set(kListenerType, "ingress_http", kContourListener);
  proxy.Start();
  EXPECT_THAT(proxy.TakeRefusals(), IsEmpty());
  EXPECT_EQ(proxy.Ask(), 200);
}

TEST_P(StockControlPlane, WhatItsFiltersAreAskedToDoIsRefused) {
  ToldProxy proxy(GetParam());
  proxy.Offer();
  std::string listener = kContourListener;
  const std::string prefix = "stat_prefix: http\n";
  listener.replace(
      listener.find(prefix), prefix.size(),
      "stat_prefix: http\n          token_bucket: { max_tokens: 1, fill_interval: 1s }\n");
  proxy.Set(kListenerType, "ingress_http", listener);
  proxy.Start();
  EXPECT_THAT(proxy.TakeRefusals(), testing::Contains(testing::HasSubstr("token_bucket")));
}

}  // namespace
}  // namespace sluice
