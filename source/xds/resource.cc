#include "source/xds/resource.h"

#include "absl/types/span.h"

namespace sluice {

const ResourceType kListenerType = {
    .url = "type.googleapis.com/envoy.config.listener.v3.Listener",
    .service = "envoy.service.listener.v3.ListenerDiscoveryService",
    .stream_method = "StreamListeners",
    .delta_method = "DeltaListeners",
    .rest_name = "listeners",
    .is_whole = true,
};
const ResourceType kClusterType = {
    .url = "type.googleapis.com/envoy.config.cluster.v3.Cluster",
    .service = "envoy.service.cluster.v3.ClusterDiscoveryService",
    .stream_method = "StreamClusters",
    .delta_method = "DeltaClusters",
    .rest_name = "clusters",
    .is_whole = true,
};
const ResourceType kRouteType = {
    .url = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
    .service = "envoy.service.route.v3.RouteDiscoveryService",
    .stream_method = "StreamRoutes",
    .delta_method = "DeltaRoutes",
    .rest_name = "routes",
};
const ResourceType kEndpointType = {
    .url = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
    .service = "envoy.service.endpoint.v3.EndpointDiscoveryService",
    .stream_method = "StreamEndpoints",
    .delta_method = "DeltaEndpoints",
    .rest_name = "endpoints",
};
const ResourceType kSecretType = {
    .url = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
    .service = "envoy.service.secret.v3.SecretDiscoveryService",
    .stream_method = "StreamSecrets",
    .delta_method = "DeltaSecrets",
    .rest_name = "secrets",
};

const ResourceType kRuntimeType = {
    .url = "type.googleapis.com/envoy.service.runtime.v3.Runtime",
    .service = "envoy.service.runtime.v3.RuntimeDiscoveryService",
    .stream_method = "StreamRuntime",
    .delta_method = "DeltaRuntime",
    .rest_name = "runtime",
};

const ResourceType kScopedRouteType = {
    .url = "type.googleapis.com/envoy.config.route.v3.ScopedRouteConfiguration",
    .service = "envoy.service.route.v3.ScopedRoutesDiscoveryService",
    .stream_method = "StreamScopedRoutes",
    .delta_method = "DeltaScopedRoutes",
    .rest_name = "scoped-routes",
    .is_whole = true,
};

const ResourceType kVirtualHostType = {
    .url = "type.googleapis.com/envoy.config.route.v3.VirtualHost",
    .service = "envoy.service.route.v3.VirtualHostDiscoveryService",
    .stream_method = "",  // in state of the world it does not exist, nor by polls
    .delta_method = "DeltaVirtualHosts",
    .rest_name = "",
    .is_named_outside = true,
};

const ResourceType* FindResourceType(absl::string_view url) {
  for (const ResourceType* type :
       {&kListenerType, &kClusterType, &kRouteType, &kEndpointType, &kSecretType, &kRuntimeType,
        &kScopedRouteType, &kVirtualHostType}) {
    if (type->url == url) return type;
  }
  return nullptr;
}

}  // namespace sluice
