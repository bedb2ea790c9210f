// Discovery. See support_table.cc for how to read this.
#include "source/config/support_table.h"

namespace sluice {

const std::string_view kDiscoverySupport = R"(
# ---- discovery

message envoy.config.bootstrap.v3.Bootstrap.DynamicResources
  + lds_config cds_config ads_config
message envoy.config.core.v3.ConfigSource
  + path path_config_source initial_fetch_timeout resource_api_version{AUTO,V3}
  + ads self api_config_source
message envoy.config.core.v3.PathConfigSource
  + *
message envoy.config.core.v3.AggregatedConfigSource
  + *
message envoy.config.core.v3.SelfConfigSource
  + transport_api_version{AUTO,V3}
message envoy.config.core.v3.ApiConfigSource
  + api_type{REST,GRPC,DELTA_GRPC,AGGREGATED_GRPC,AGGREGATED_DELTA_GRPC}
  + transport_api_version{AUTO,V3} grpc_services set_node_on_first_message_only
  + cluster_names refresh_delay request_timeout rate_limit_settings
message envoy.config.core.v3.RateLimitSettings
  + *
message envoy.config.core.v3.GrpcService
  + envoy_grpc google_grpc initial_metadata[key,value]
  ~ timeout: a stream of discovery has no end of its own
message envoy.config.core.v3.GrpcService.EnvoyGrpc
  + cluster_name authority max_receive_message_length
  ~ skip_envoy_headers: none are added
message envoy.config.core.v3.GrpcService.GoogleGrpc
  + target_uri channel_credentials
  ~ stat_prefix: streams are counted under control_plane
  ! call_credentials
message envoy.config.core.v3.GrpcService.GoogleGrpc.ChannelCredentials
  + ssl_credentials
message envoy.config.core.v3.GrpcService.GoogleGrpc.SslCredentials
  + *
message envoy.config.cluster.v3.Cluster.EdsClusterConfig
  + *
message envoy.extensions.filters.network.http_connection_manager.v3.Rds
  + *
message envoy.config.route.v3.Vhds
  + *
message envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes
  + *
message envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes.ScopeKeyBuilder
  + *
message envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes.ScopeKeyBuilder.FragmentBuilder
  + *
message envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes.ScopeKeyBuilder.FragmentBuilder.HeaderValueExtractor
  + *
message envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes.ScopeKeyBuilder.FragmentBuilder.HeaderValueExtractor.KvElement
  + *
message envoy.extensions.filters.network.http_connection_manager.v3.ScopedRouteConfigurationsList
  + *
message envoy.extensions.filters.network.http_connection_manager.v3.ScopedRds
  + scoped_rds_config_source
message envoy.config.route.v3.ScopedRouteConfiguration
  + *
message envoy.config.route.v3.ScopedRouteConfiguration.Key
  + *
message envoy.config.route.v3.ScopedRouteConfiguration.Key.Fragment
  + *
message envoy.config.bootstrap.v3.LayeredRuntime
  + *
message envoy.config.bootstrap.v3.RuntimeLayer
  + *
message envoy.config.bootstrap.v3.RuntimeLayer.DiskLayer
  + *
message envoy.config.bootstrap.v3.RuntimeLayer.AdminLayer
message envoy.config.bootstrap.v3.RuntimeLayer.RtdsLayer
  + *
extension envoy.service.runtime.v3.Runtime
  + *
message envoy.service.discovery.v3.DiscoveryResponse
  + resources
  ~ version_info: of a file the content counts
  ~ type_url: each resource says its own
  ~ nonce: there is nobody to answer
  ~ control_plane: a label
extension envoy.service.discovery.v3.Resource
  + resource
  ~ name: that of the resource itself counts
  ~ version: of a file the content counts
)";

}  // namespace sluice
