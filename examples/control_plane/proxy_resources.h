// The resources that an Ingress becomes, in Envoy's API.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "envoy/config/route/v3/route.pb.h"

namespace control_plane {

struct PathRoute {
  std::string path;
  bool is_exact = false;  // else it is a prefix
  std::string cluster;
};
using RoutesByHost = std::map<std::string, std::vector<PathRoute>>;

envoy::config::listener::v3::Listener MakeListener(int port);
envoy::config::route::v3::RouteConfiguration MakeRoutes(const RoutesByHost& hosts);
// With a health check that knows WebSocket servers: what answers a plain GET with 400 is asked for
// a handshake before it is judged.
envoy::config::cluster::v3::Cluster MakeCluster(const std::string& name);
envoy::config::endpoint::v3::ClusterLoadAssignment MakeEndpoints(
    const std::string& cluster, const std::vector<std::string>& ips, int port);

template <class Message>
std::string ResourceName(const Message& message) {
  return message.name();
}
inline std::string ResourceName(const envoy::config::endpoint::v3::ClusterLoadAssignment& message) {
  return message.cluster_name();
}

}  // namespace control_plane
