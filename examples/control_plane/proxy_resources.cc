#include "examples/control_plane/proxy_resources.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "envoy/extensions/filters/http/router/v3/router.pb.h"
#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"
#include "sluice/health_checkers/websocket/v1/websocket.pb.h"

namespace control_plane {
namespace {

using HttpConnectionManager =
    envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager;
using envoy::config::core::v3::ConfigSource;

constexpr char kRoutesName[] = "ingress";

void AskTheSameServer(ConfigSource& source) {
  source.mutable_ads();
  source.set_resource_api_version(envoy::config::core::v3::V3);
}

void SetAddress(const std::string& ip, int port, envoy::config::core::v3::Address& address) {
  address.mutable_socket_address()->set_address(ip);
  address.mutable_socket_address()->set_port_value(static_cast<uint32_t>(port));
}

}  // namespace

envoy::config::listener::v3::Listener MakeListener(int port) {
  HttpConnectionManager manager;
  manager.set_stat_prefix(kRoutesName);
  manager.mutable_rds()->set_route_config_name(kRoutesName);
  AskTheSameServer(*manager.mutable_rds()->mutable_config_source());
  auto& router = *manager.add_http_filters();
  router.set_name("envoy.filters.http.router");
  router.mutable_typed_config()->PackFrom(envoy::extensions::filters::http::router::v3::Router());

  envoy::config::listener::v3::Listener listener;
  listener.set_name(kRoutesName);
  SetAddress("0.0.0.0", port, *listener.mutable_address());
  auto& filter = *listener.add_filter_chains()->add_filters();
  filter.set_name("envoy.filters.network.http_connection_manager");
  filter.mutable_typed_config()->PackFrom(manager);
  return listener;
}

envoy::config::route::v3::RouteConfiguration MakeRoutes(const RoutesByHost& hosts) {
  envoy::config::route::v3::RouteConfiguration routes;
  routes.set_name(kRoutesName);
  routes.set_ignore_port_in_host_matching(true);
  for (const auto& [host, paths] : hosts) {
    auto& virtual_host = *routes.add_virtual_hosts();
    virtual_host.set_name(host);
    virtual_host.add_domains(host);
    std::vector<PathRoute> sorted = paths;
    // The first that matches counts: whole paths, then the longest prefix.
    std::stable_sort(sorted.begin(), sorted.end(), [](const PathRoute& a, const PathRoute& b) {
      if (a.is_exact != b.is_exact) return a.is_exact;
      return a.path.size() > b.path.size();
    });
    for (const PathRoute& path : sorted) {
      auto& route = *virtual_host.add_routes();
      if (path.is_exact) {
        route.mutable_match()->set_path(path.path);
      } else {
        route.mutable_match()->set_prefix(path.path);
      }
      route.mutable_route()->set_cluster(path.cluster);
    }
  }
  return routes;
}

envoy::config::cluster::v3::Cluster MakeCluster(const std::string& name) {
  envoy::config::cluster::v3::Cluster cluster;
  cluster.set_name(name);
  cluster.set_type(envoy::config::cluster::v3::Cluster::EDS);
  AskTheSameServer(*cluster.mutable_eds_cluster_config()->mutable_eds_config());
  auto& check = *cluster.add_health_checks();
  check.mutable_timeout()->set_seconds(5);
  check.mutable_interval()->set_seconds(30);
  check.mutable_unhealthy_threshold()->set_value(3);
  check.mutable_healthy_threshold()->set_value(1);
  check.mutable_custom_health_check()->set_name("websocket");
  check.mutable_custom_health_check()->mutable_typed_config()->PackFrom(
      sluice::health_checkers::websocket::v1::WebSocket());
  return cluster;
}

envoy::config::endpoint::v3::ClusterLoadAssignment MakeEndpoints(
    const std::string& cluster, const std::vector<std::string>& ips, int port) {
  envoy::config::endpoint::v3::ClusterLoadAssignment assignment;
  assignment.set_cluster_name(cluster);
  auto& group = *assignment.add_endpoints();
  for (const std::string& ip : ips) {
    SetAddress(ip, port, *group.add_lb_endpoints()->mutable_endpoint()->mutable_address());
  }
  return assignment;
}

}  // namespace control_plane
