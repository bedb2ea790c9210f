// The part of the support table (support_table.cc) that is about clusters and endpoints.
#include "source/config/support_table.h"

namespace sluice {

const std::string_view kClusterSupport = R"(
# ---- clusters

message envoy.config.cluster.v3.Cluster
  + name alt_stat_name type cluster_type eds_cluster_config original_dst_lb_config cleanup_interval
  + connect_timeout load_assignment lb_policy load_balancing_policy common_lb_config
  + lb_subset_config preconnect_policy
  + round_robin_lb_config least_request_lb_config ring_hash_lb_config maglev_lb_config
  + circuit_breakers per_connection_buffer_limit_bytes upstream_http_protocol_options
  + max_requests_per_connection typed_extension_protocol_options protocol_selection metadata
  + common_http_protocol_options[idle_timeout,max_connection_duration,max_requests_per_connection,max_headers_count]
  + http_protocol_options[enable_trailers,allow_chunked_length,header_key_format]
  + outlier_detection upstream_bind_config
  + dns_lookup_family dns_refresh_rate dns_failure_refresh_rate respect_dns_ttl
  + upstream_connection_options transport_socket http2_protocol_options
  + health_checks ignore_health_on_host_removal transport_socket_matches
  + close_connections_on_host_health_failure
  ~ wait_for_warm_on_init: every cluster is ready before the listeners open
  ! filters
message envoy.config.cluster.v3.Cluster.TransportSocketMatch
  + match transport_socket
  ~ name: is a label; matches are not counted
message envoy.config.core.v3.BindConfig
  + source_address freebind socket_options extra_source_addresses
message envoy.config.core.v3.ExtraSourceAddress
  + *
message envoy.config.core.v3.SocketOptionsOverride
  + *
message envoy.config.cluster.v3.OutlierDetection
  + consecutive_5xx interval base_ejection_time max_ejection_percent max_ejection_time
  + max_ejection_time_jitter always_eject_one_host consecutive_gateway_failure
  + split_external_local_origin_errors consecutive_local_origin_failure
  + enforcing_consecutive_5xx enforcing_success_rate enforcing_consecutive_gateway_failure
  + enforcing_consecutive_local_origin_failure enforcing_local_origin_success_rate
  + enforcing_failure_percentage enforcing_failure_percentage_local_origin
  + success_rate_minimum_hosts success_rate_request_volume success_rate_stdev_factor
  + failure_percentage_threshold failure_percentage_minimum_hosts
  + failure_percentage_request_volume successful_active_health_check_uneject_host
message envoy.config.cluster.v3.Cluster.RefreshRate
  + *
message envoy.config.cluster.v3.Cluster.PreconnectPolicy
  + *
message envoy.config.cluster.v3.Cluster.OriginalDstLbConfig
  + use_http_header http_header_name upstream_port_override
message envoy.config.cluster.v3.Cluster.CustomClusterType
  + *
extension envoy.extensions.clusters.dns.v3.DnsCluster
  + dns_refresh_rate dns_failure_refresh_rate respect_dns_ttl dns_jitter dns_lookup_family
  + all_addresses_in_single_endpoint
message envoy.extensions.clusters.dns.v3.DnsCluster.RefreshRate
  + *
message envoy.config.cluster.v3.LoadBalancingPolicy
  + policies
message envoy.config.cluster.v3.LoadBalancingPolicy.Policy
  + typed_extension_config
message envoy.config.core.v3.TypedExtensionConfig
  + *
message envoy.config.cluster.v3.Cluster.CommonLbConfig
  + healthy_panic_threshold locality_weighted_lb_config ignore_new_hosts_until_first_hc
  + zone_aware_lb_config close_connections_on_host_set_change
  + consistent_hashing_lb_config
  ~ override_host_status: is about hosts that a filter has chosen, and no filter does
  ~ update_merge_window: changes of one turn are one already; health is told at once
message envoy.config.cluster.v3.Cluster.CommonLbConfig.LocalityWeightedLbConfig
message envoy.config.cluster.v3.Cluster.CommonLbConfig.ZoneAwareLbConfig
  + routing_enabled min_cluster_size fail_traffic_on_panic
message envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig.ZoneAwareLbConfig
  + routing_enabled min_cluster_size fail_traffic_on_panic
message envoy.config.cluster.v3.Cluster.CommonLbConfig.ConsistentHashingLbConfig
  + *
message envoy.config.cluster.v3.Cluster.SlowStartConfig
  + *
message envoy.config.cluster.v3.Cluster.RoundRobinLbConfig
  + *
message envoy.config.cluster.v3.Cluster.LeastRequestLbConfig
  + *
message envoy.config.cluster.v3.Cluster.RingHashLbConfig
  + *
message envoy.config.cluster.v3.Cluster.MaglevLbConfig
  + *
message envoy.config.cluster.v3.Cluster.LbSubsetConfig
  + fallback_policy default_subset subset_selectors locality_weight_aware scale_locality_weight
  + panic_mode_any list_as_any metadata_fallback_policy
message envoy.config.cluster.v3.Cluster.LbSubsetConfig.LbSubsetSelector
  + keys fallback_policy fallback_keys_subset
  ~ single_host_per_subset: every subset is found at once, whatever its size
message envoy.config.core.v3.Metadata
  + filter_metadata
  ~ typed_filter_metadata: what is read of metadata is plain, such as envoy.lb
message envoy.config.core.v3.RuntimeDouble
  + *
message envoy.type.v3.Percent
  + *
extension envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin
  + *
extension envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest
  + *
extension envoy.extensions.load_balancing_policies.random.v3.Random
  + *
extension envoy.extensions.load_balancing_policies.ring_hash.v3.RingHash
  + *
extension envoy.extensions.load_balancing_policies.maglev.v3.Maglev
  + *
extension envoy.extensions.load_balancing_policies.wrr_locality.v3.WrrLocality
  + *
message envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig
  + locality_weighted_lb_config zone_aware_lb_config
message envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig.LocalityWeightedLbConfig
message envoy.extensions.load_balancing_policies.common.v3.SlowStartConfig
  + *
message envoy.extensions.load_balancing_policies.common.v3.ConsistentHashingLbConfig
  + *
message envoy.config.cluster.v3.UpstreamConnectionOptions
  + tcp_keepalive
message envoy.config.cluster.v3.CircuitBreakers
  + thresholds per_host_thresholds[priority,max_connections]
message envoy.config.cluster.v3.CircuitBreakers.Thresholds
  + priority max_connections max_pending_requests max_requests max_retries track_remaining
  + retry_budget
message envoy.config.cluster.v3.CircuitBreakers.Thresholds.RetryBudget
  + *
message envoy.config.endpoint.v3.ClusterLoadAssignment
  + cluster_name endpoints policy
message envoy.config.endpoint.v3.ClusterLoadAssignment.Policy
  + overprovisioning_factor weighted_priority_health drop_overloads endpoint_stale_after
message envoy.config.endpoint.v3.ClusterLoadAssignment.Policy.DropOverload
  + drop_percentage
  ~ category: a label for load reports
message envoy.config.endpoint.v3.LocalityLbEndpoints
  + lb_endpoints priority locality load_balancing_weight metadata
message envoy.config.endpoint.v3.LbEndpoint
  + endpoint health_status load_balancing_weight metadata
message envoy.config.endpoint.v3.Endpoint
  + address additional_addresses hostname health_check_config
message envoy.config.endpoint.v3.Endpoint.AdditionalAddress
  + *
message envoy.config.endpoint.v3.Endpoint.HealthCheckConfig
  + *
message envoy.config.core.v3.HealthCheck
  + timeout interval initial_jitter interval_jitter interval_jitter_percent unhealthy_threshold
  + healthy_threshold reuse_connection http_health_check tcp_health_check grpc_health_check
  + custom_health_check no_traffic_interval no_traffic_healthy_interval unhealthy_interval
  + unhealthy_edge_interval healthy_edge_interval event_log_path event_logger
  + always_log_health_check_failures always_log_health_check_success tls_options
  + transport_socket_match_criteria
message envoy.config.core.v3.HealthCheck.Payload
  + *
message envoy.config.core.v3.HealthCheck.HttpHealthCheck
  + host path send receive response_buffer_size request_headers_to_add request_headers_to_remove
  + expected_statuses retriable_statuses codec_client_type{HTTP1,HTTP2} service_name_matcher method
message envoy.config.core.v3.HealthCheck.TcpHealthCheck
  + send receive
message envoy.config.core.v3.HealthCheck.GrpcHealthCheck
  + *
message envoy.config.core.v3.HealthCheck.CustomHealthCheck
  + *
message envoy.config.core.v3.HealthCheck.TlsOptions
  + *
extension envoy.extensions.health_check.event_sinks.file.v3.HealthCheckEventFileSink
  + *
extension envoy.extensions.upstreams.http.v3.HttpProtocolOptions
  + common_http_protocol_options[idle_timeout,max_connection_duration,max_requests_per_connection,max_headers_count]
  + explicit_http_config use_downstream_protocol_config auto_config upstream_http_protocol_options
  ! http_filters header_validation_config
message envoy.extensions.upstreams.http.v3.HttpProtocolOptions.ExplicitHttpConfig
  + http_protocol_options[enable_trailers,allow_chunked_length,header_key_format]
  + http2_protocol_options
message envoy.extensions.upstreams.http.v3.HttpProtocolOptions.UseDownstreamHttpConfig
  + http_protocol_options[enable_trailers,allow_chunked_length,header_key_format]
  + http2_protocol_options
message envoy.extensions.upstreams.http.v3.HttpProtocolOptions.AutoHttpConfig
  + http_protocol_options[enable_trailers,allow_chunked_length,header_key_format]
  + http2_protocol_options
)";

}  // namespace sluice
