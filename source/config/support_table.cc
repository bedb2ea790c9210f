// Which fields of Envoy's API take effect in this build: the one place that says so. The ledger of
// a configuration (field_ledger.h) and api/SUPPORT.md are made from it; a test holds it against
// the descriptors. A field, or a message, that is not here is unsupported.
//
//   message NAME      a part of other messages
//   extension NAME    may stand in an Any
//     + a b{X,Y}      effective; of b only the values X and Y are
//     + c[d,e]        effective; of the message in c only its fields d and e are
//     + *             every field not named otherwise is effective
//     ~ a: reason     does nothing, and nothing is lost by that
//     ! a b           unsupported, and ignoring it would let traffic through that its author wants
//                     kept out, or strip it of protection: refused whatever the policy
#include "source/config/support_table.h"

namespace sluice {

const std::string_view kSupportTableText = R"(
# ---- bootstrap

message envoy.config.bootstrap.v3.Bootstrap
  + node static_resources admin stats_config cluster_manager
  ~ stats_flush_interval: there is no sink to flush to; the admin port shows live values
  ~ stats_flush_on_admin: there is no sink to flush to; the admin port shows live values
  ~ default_regex_engine: RE2 is the only engine
  ~ deferred_stat_options: says when memory for counters is taken, not what they show
message envoy.config.bootstrap.v3.ClusterManager
  + outlier_detection
message envoy.config.bootstrap.v3.ClusterManager.OutlierDetection
  + event_log_path
message envoy.config.bootstrap.v3.Bootstrap.StaticResources
  + listeners clusters secrets
message envoy.config.bootstrap.v3.Admin
  + address access_log_path{/dev/null}
  ~ profile_path: there is no profiler to write to it
message envoy.config.metrics.v3.StatsConfig
  + use_all_default_tags{true}
message envoy.config.core.v3.Node
  + *
message envoy.config.core.v3.Locality
  + *
message envoy.config.core.v3.BuildVersion
  + *
message envoy.config.core.v3.Extension
  + *
message envoy.type.v3.SemanticVersion
  + *

# ---- addresses and sockets

message envoy.config.core.v3.Address
  + socket_address pipe
message envoy.config.core.v3.SocketAddress
  + address port_value protocol{TCP}
message envoy.config.core.v3.Pipe
  + path
  ! mode
message envoy.config.core.v3.CidrRange
  + *
message envoy.config.core.v3.TcpKeepalive
  + *
message envoy.config.core.v3.TransportSocket
  + name typed_config
extension envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer
  + *

# ---- TLS

extension envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
  + common_tls_context require_client_certificate session_ticket_keys
  + session_ticket_keys_sds_secret_config disable_stateless_session_resumption
  + disable_stateful_session_resumption session_timeout ocsp_staple_policy
  + full_scan_certs_on_sni_mismatch
  ! require_sni
extension envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
  + common_tls_context sni auto_host_sni auto_sni_san_validation allow_renegotiation{false}
  + max_session_keys enforce_rsa_key_usage
message envoy.extensions.transport_sockets.tls.v3.CommonTlsContext
  + tls_params tls_certificates tls_certificate_sds_secret_configs validation_context
  + validation_context_sds_secret_config combined_validation_context alpn_protocols
  ! tls_certificate_provider_instance tls_certificate_certificate_provider
  ! tls_certificate_certificate_provider_instance validation_context_certificate_provider
  ! validation_context_certificate_provider_instance custom_handshaker
message envoy.extensions.transport_sockets.tls.v3.CommonTlsContext.CombinedCertificateValidationContext
  + default_validation_context validation_context_sds_secret_config
  ! validation_context_certificate_provider validation_context_certificate_provider_instance
message envoy.extensions.transport_sockets.tls.v3.TlsParameters
  + *
message envoy.extensions.transport_sockets.tls.v3.TlsCertificate
  + certificate_chain private_key pkcs12 watched_directory password ocsp_staple
  ! private_key_provider
message envoy.extensions.transport_sockets.tls.v3.TlsSessionTicketKeys
  + *
message envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext
  + trusted_ca system_root_certs watched_directory verify_certificate_spki
  + verify_certificate_hash match_typed_subject_alt_names crl allow_expired_certificate
  + trust_chain_verification only_verify_leaf_cert_crl max_verify_depth
  ! ca_certificate_provider_instance match_subject_alt_names
  ! require_signed_certificate_timestamp custom_validator_config
message envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext.SystemRootCerts
message envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher
  + *
message envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig
  + name
  ! sds_config
message envoy.extensions.transport_sockets.tls.v3.Secret
  + name tls_certificate session_ticket_keys validation_context
message envoy.config.core.v3.WatchedDirectory
  + *

# ---- listeners

message envoy.config.listener.v3.Listener
  + name address filter_chains default_filter_chain stat_prefix per_connection_buffer_limit_bytes
  + tcp_backlog_size max_connections_to_accept_per_socket_event enable_reuse_port
  + bind_to_port use_original_dst connection_balance_config transparent freebind
  + tcp_fast_open_queue_length socket_options additional_addresses
  ~ traffic_direction: a label for control planes
  ~ metadata: a label for control planes
  ~ drain_type: /healthcheck/fail ends no connection here, from which it would exempt
  ~ ignore_global_conn_limit: there is no global limit of connections
  ~ bypass_overload_manager: there is no overload manager
  + access_log listener_filters listener_filters_timeout continue_on_listener_filters_timeout
  ! filter_chain_matcher
message envoy.config.listener.v3.Listener.ConnectionBalanceConfig
  + exact_balance
  ! extend_balance
message envoy.config.listener.v3.Listener.ConnectionBalanceConfig.ExactBalance
  + *
message envoy.config.listener.v3.AdditionalAddress
  + address
message envoy.config.core.v3.SocketOption
  + level name int_value buf_value state
  ~ description: for people
message envoy.config.listener.v3.ListenerFilter
  + name typed_config filter_disabled
message envoy.config.listener.v3.ListenerFilterChainMatchPredicate
  + *
message envoy.config.listener.v3.ListenerFilterChainMatchPredicate.MatchSet
  + *
message envoy.type.v3.Int32Range
  + *
message envoy.config.listener.v3.FilterChain
  + name filters transport_socket transport_socket_connect_timeout filter_chain_match
  ~ metadata: a label for control planes
  ! use_proxy_proto
message envoy.config.listener.v3.FilterChainMatch
  + destination_port prefix_ranges server_names transport_protocol application_protocols
  + direct_source_prefix_ranges source_type source_prefix_ranges source_ports
  ! address_suffix suffix_len
message envoy.config.listener.v3.Filter
  + name typed_config

# ---- listener filters

extension envoy.extensions.filters.listener.http_inspector.v3.HttpInspector
  + *
extension envoy.extensions.filters.listener.original_dst.v3.OriginalDst
  + *
extension envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol
  + allow_requests_without_proxy_protocol pass_through_tlvs disallowed_versions stat_prefix
extension envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector
  + enable_ja3_fingerprinting{false}
  ~ initial_read_buffer_size: the opening is looked at in one buffer of the listener
message envoy.config.core.v3.ProxyProtocolPassThroughTLVs
  + *

# ---- HTTP connection manager

extension envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
  + codec_type{AUTO,HTTP1,HTTP2} stat_prefix route_config http_filters
  + common_http_protocol_options http_protocol_options http2_protocol_options drain_timeout
  + stream_error_on_invalid_http_message stream_idle_timeout request_timeout
  + request_headers_timeout delayed_close_timeout max_request_headers_kb
  + access_log access_log_options local_reply_config set_current_client_cert_details
  + use_remote_address xff_num_trusted_hops skip_xff_append append_x_forwarded_port
  + generate_request_id preserve_external_request_id always_set_request_id_in_response
  + server_name server_header_transformation via forward_client_cert_details
  + normalize_path merge_slashes path_with_escaped_slashes_action
  + strip_matching_host_port strip_any_host_port strip_trailing_host_dot upgrade_configs
  ~ http3_protocol_options: there is no HTTP/3 whose limits it would set
  ! internal_address_config original_ip_detection_extensions early_header_mutation_extensions
  ! typed_header_validation_config path_normalization_options
message envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.UpgradeConfig
  + upgrade_type enabled filters
message envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.SetCurrentClientCertDetails
  + subject cert chain dns uri
message envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.HcmAccessLogOptions
  + flush_access_log_on_new_request access_log_flush_interval
  + flush_log_on_tunnel_successfully_established
message envoy.extensions.filters.network.http_connection_manager.v3.LocalReplyConfig
  + *
message envoy.extensions.filters.network.http_connection_manager.v3.ResponseMapper
  + *
message envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter
  + name typed_config is_optional disabled
  ! config_discovery
message envoy.config.core.v3.HttpProtocolOptions
  + idle_timeout max_connection_duration max_headers_count max_stream_duration
  + headers_with_underscores_action max_requests_per_connection
message envoy.config.core.v3.Http1ProtocolOptions
  + allow_absolute_url accept_http_10 default_host_for_http_10 header_key_format
  + enable_trailers allow_chunked_length
  ~ use_balsa_parser: there is one parser
message envoy.config.core.v3.Http1ProtocolOptions.HeaderKeyFormat
  + proper_case_words
message envoy.config.core.v3.Http1ProtocolOptions.HeaderKeyFormat.ProperCaseWords
  + *
message envoy.config.core.v3.Http2ProtocolOptions
  + hpack_table_size max_concurrent_streams initial_stream_window_size max_outbound_frames
  + initial_connection_window_size connection_keepalive max_outbound_control_frames
  + max_consecutive_inbound_frames_with_empty_payload max_inbound_priority_frames_per_stream
  + max_inbound_window_update_frames_per_data_frame_sent stream_error_on_invalid_http_messaging
  + override_stream_error_on_invalid_http_message
  ~ use_oghttp2_codec: there is one codec
  ~ allow_connect: extended CONNECT is always on; what may upgrade is decided by upgrade_configs
message envoy.config.core.v3.KeepaliveSettings
  + interval timeout interval_jitter connection_idle_interval
message envoy.config.core.v3.UpstreamHttpProtocolOptions
  + auto_sni auto_san_validation override_auto_sni_header
extension envoy.extensions.filters.http.router.v3.Router
  + suppress_envoy_headers dynamic_stats{true} respect_expected_rq_timeout
  ~ start_child_span: there is no tracing
  ! upstream_http_filters strict_check_headers

# ---- TCP proxy

extension envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
  + stat_prefix cluster weighted_clusters idle_timeout access_log max_connect_attempts
  + max_downstream_connection_duration access_log_options
  + access_log_flush_interval flush_access_log_on_connected
  + tunneling_config
  ! metadata_match
message envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.TunnelingConfig
  + hostname use_post post_path headers_to_add
  ! propagate_response_headers propagate_response_trailers
message envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.WeightedCluster
  + clusters
message envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.WeightedCluster.ClusterWeight
  + name weight
  ! metadata_match
message envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.TcpAccessLogOptions
  + *

# ---- HTTP filters

extension envoy.extensions.filters.http.buffer.v3.Buffer
  + max_request_bytes
extension envoy.extensions.filters.http.header_mutation.v3.HeaderMutation
  + mutations
  ~ most_specific_header_mutations_wins: orders mutations of routes, and there are none
message envoy.extensions.filters.http.header_mutation.v3.Mutations
  + request_mutations response_mutations
message envoy.config.common.mutation_rules.v3.HeaderMutation
  + remove append

# ---- routes

message envoy.config.route.v3.RouteConfiguration
  + name virtual_hosts ignore_port_in_host_matching validate_clusters
  + most_specific_header_mutations_wins max_direct_response_body_size_bytes
  + request_headers_to_add request_headers_to_remove
  + response_headers_to_add response_headers_to_remove
  ~ metadata: a label for control planes
  + typed_per_filter_config
  ! internal_only_headers ignore_path_parameters_in_path_matching
message envoy.config.route.v3.VirtualHost
  + name domains routes
  + request_headers_to_add request_headers_to_remove
  + response_headers_to_add response_headers_to_remove
  ~ metadata: a label for control planes
  + require_tls typed_per_filter_config
  + include_request_attempt_count include_attempt_count_in_response
  + retry_policy per_request_buffer_limit_bytes include_is_timeout_retry_header
  ! matcher rate_limits cors
message envoy.config.route.v3.Route
  + name match route redirect direct_response
  + request_headers_to_add request_headers_to_remove
  + response_headers_to_add response_headers_to_remove
  ~ metadata: a label for filters and control planes; no filter here reads it
  ~ decorator: there is no tracing
  ~ tracing: there is no tracing
  + typed_per_filter_config per_request_buffer_limit_bytes
  ! filter_action non_forwarding_action
message envoy.config.route.v3.RouteMatch
  + prefix path safe_regex path_separated_prefix case_sensitive
  + headers query_parameters runtime_fraction grpc connect_matcher
  ! path_match_policy tls_context dynamic_metadata
message envoy.config.route.v3.RouteMatch.ConnectMatcher
  + *
message envoy.config.route.v3.RouteMatch.GrpcRouteMatchOptions
  + *
message envoy.config.route.v3.HeaderMatcher
  + *
message envoy.config.route.v3.QueryParameterMatcher
  + *
message envoy.config.route.v3.RouteAction
  + cluster cluster_header weighted_clusters cluster_not_found_response_code
  + prefix_rewrite regex_rewrite
  + host_rewrite_literal host_rewrite_header host_rewrite_path_regex auto_host_rewrite
  + append_x_forwarded_host timeout idle_timeout max_stream_duration priority upgrade_configs
  + retry_policy metadata_match hash_policy
  ! rate_limits include_vh_rate_limits cors cluster_specifier_plugin
  ! inline_cluster_specifier_plugin
message envoy.config.route.v3.RouteAction.UpgradeConfig
  + upgrade_type enabled connect_config
message envoy.config.route.v3.RouteAction.UpgradeConfig.ConnectConfig
  + allow_post
  ! proxy_protocol_config
message envoy.config.route.v3.RouteAction.MaxStreamDuration
  + max_stream_duration grpc_timeout_header_max grpc_timeout_header_offset
message envoy.config.route.v3.RetryPolicy
  + retry_on num_retries per_try_timeout per_try_idle_timeout retry_host_predicate
  + host_selection_retry_max_attempts retriable_status_codes retry_back_off
  + rate_limited_retry_back_off retriable_headers retriable_request_headers
message envoy.config.route.v3.RetryPolicy.RetryHostPredicate
  + name typed_config
message envoy.config.route.v3.RetryPolicy.RetryBackOff
  + *
message envoy.config.route.v3.RetryPolicy.ResetHeader
  + *
message envoy.config.route.v3.RetryPolicy.RateLimitedRetryBackOff
  + *
extension envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate
message envoy.config.route.v3.RouteAction.HashPolicy
  + header cookie connection_properties query_parameter terminal
message envoy.config.route.v3.RouteAction.HashPolicy.Header
  + *
message envoy.config.route.v3.RouteAction.HashPolicy.Cookie
  + *
message envoy.config.route.v3.RouteAction.HashPolicy.CookieAttribute
  + *
message envoy.config.route.v3.RouteAction.HashPolicy.ConnectionProperties
  + *
message envoy.config.route.v3.RouteAction.HashPolicy.QueryParameter
  + *
message envoy.config.route.v3.WeightedCluster
  + clusters total_weight header_name
  ~ runtime_key_prefix: nothing can set it; the weights hold
message envoy.config.route.v3.WeightedCluster.ClusterWeight
  + name cluster_header weight host_rewrite_literal
  + request_headers_to_add request_headers_to_remove
  + response_headers_to_add response_headers_to_remove
  + typed_per_filter_config metadata_match
extension envoy.config.route.v3.FilterConfig
  + config is_optional
  ! disabled
message envoy.config.route.v3.RedirectAction
  + *
message envoy.config.route.v3.DirectResponseAction
  + *
message envoy.config.core.v3.DataSource
  + filename inline_bytes inline_string environment_variable
message envoy.config.core.v3.HeaderValue
  + key value raw_value
message envoy.config.core.v3.HeaderValueOption
  + header append_action append keep_empty_value
message envoy.config.core.v3.RuntimeFractionalPercent
  + default_value
  ~ runtime_key: nothing can set it; the default value holds
message envoy.type.v3.FractionalPercent
  + *
message envoy.type.v3.Int64Range
  + *
message envoy.type.matcher.v3.StringMatcher
  + exact prefix suffix safe_regex contains ignore_case
message envoy.type.matcher.v3.RegexMatcher
  + regex
  ~ google_re2: RE2 is the only engine
message envoy.type.matcher.v3.RegexMatchAndSubstitute
  + *

# ---- access logs

message envoy.config.accesslog.v3.AccessLog
  + name filter typed_config
message envoy.config.accesslog.v3.AccessLogFilter
  + status_code_filter duration_filter not_health_check_filter runtime_filter and_filter or_filter
  + header_filter response_flag_filter log_type_filter
message envoy.config.accesslog.v3.StatusCodeFilter
  + *
message envoy.config.accesslog.v3.DurationFilter
  + *
message envoy.config.accesslog.v3.NotHealthCheckFilter
message envoy.config.accesslog.v3.ComparisonFilter
  + *
message envoy.config.core.v3.RuntimeUInt32
  + default_value
  ~ runtime_key: nothing can set it; the default value holds
message envoy.config.accesslog.v3.RuntimeFilter
  + percent_sampled use_independent_randomness
  ~ runtime_key: nothing can set it; percent_sampled holds
message envoy.config.accesslog.v3.AndFilter
  + *
message envoy.config.accesslog.v3.OrFilter
  + *
message envoy.config.accesslog.v3.HeaderFilter
  + *
message envoy.config.accesslog.v3.ResponseFlagFilter
  + *
message envoy.config.accesslog.v3.LogTypeFilter
  + *
extension envoy.extensions.access_loggers.file.v3.FileAccessLog
  + path format json_format typed_json_format log_format
extension envoy.extensions.access_loggers.stream.v3.StdoutAccessLog
  + log_format
extension envoy.extensions.access_loggers.stream.v3.StderrAccessLog
  + log_format
message envoy.config.core.v3.SubstitutionFormatString
  + text_format text_format_source json_format omit_empty_values content_type
  ~ json_format_options: the fields of an object are always in order

# ---- clusters

message envoy.config.cluster.v3.Cluster
  + name alt_stat_name type{STATIC,STRICT_DNS} connect_timeout load_assignment
  + lb_policy{ROUND_ROBIN,LEAST_REQUEST,RANDOM,RING_HASH,MAGLEV,LOAD_BALANCING_POLICY_CONFIG}
  + load_balancing_policy common_lb_config lb_subset_config
  + round_robin_lb_config least_request_lb_config ring_hash_lb_config maglev_lb_config
  + circuit_breakers per_connection_buffer_limit_bytes upstream_http_protocol_options
  + max_requests_per_connection typed_extension_protocol_options protocol_selection metadata
  + common_http_protocol_options[idle_timeout,max_connection_duration,max_requests_per_connection,max_headers_count]
  + http_protocol_options[enable_trailers,allow_chunked_length,header_key_format]
  + outlier_detection upstream_bind_config
  + dns_lookup_family dns_refresh_rate dns_failure_refresh_rate respect_dns_ttl
  + upstream_connection_options transport_socket http2_protocol_options
  + health_checks ignore_health_on_host_removal
  ~ wait_for_warm_on_init: every cluster is ready before the listeners open
  ! transport_socket_matches filters
message envoy.config.core.v3.BindConfig
  + source_address
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
message envoy.config.cluster.v3.LoadBalancingPolicy
  + policies
message envoy.config.cluster.v3.LoadBalancingPolicy.Policy
  + typed_extension_config
message envoy.config.core.v3.TypedExtensionConfig
  + *
message envoy.config.cluster.v3.Cluster.CommonLbConfig
  + healthy_panic_threshold locality_weighted_lb_config ignore_new_hosts_until_first_hc
  + consistent_hashing_lb_config
  ~ update_merge_window: changes of one turn are one already; health is told at once
message envoy.config.cluster.v3.Cluster.CommonLbConfig.LocalityWeightedLbConfig
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
  + panic_mode_any list_as_any
message envoy.config.cluster.v3.Cluster.LbSubsetConfig.LbSubsetSelector
  + keys fallback_policy fallback_keys_subset
  ~ single_host_per_subset: every subset is found at once, whatever its size
message envoy.config.core.v3.Metadata
  + filter_metadata
  ~ typed_filter_metadata: balancing goes by the plain metadata under envoy.lb
message envoy.config.core.v3.RuntimeDouble
  + default_value
  ~ runtime_key: nothing can set it; the default value holds
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
  + locality_weighted_lb_config
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
  + overprovisioning_factor weighted_priority_health drop_overloads
message envoy.config.endpoint.v3.ClusterLoadAssignment.Policy.DropOverload
  + drop_percentage
  ~ category: a label for load reports
message envoy.config.endpoint.v3.LocalityLbEndpoints
  + lb_endpoints priority locality load_balancing_weight
  ~ metadata: a label for control planes
message envoy.config.endpoint.v3.LbEndpoint
  + endpoint health_status load_balancing_weight metadata
message envoy.config.endpoint.v3.Endpoint
  + address hostname health_check_config
message envoy.config.endpoint.v3.Endpoint.HealthCheckConfig
  + *
message envoy.config.core.v3.HealthCheck
  + timeout interval initial_jitter interval_jitter interval_jitter_percent unhealthy_threshold
  + healthy_threshold reuse_connection http_health_check tcp_health_check grpc_health_check
  + custom_health_check no_traffic_interval no_traffic_healthy_interval unhealthy_interval
  + unhealthy_edge_interval healthy_edge_interval event_log_path event_logger
  + always_log_health_check_failures always_log_health_check_success tls_options
  ~ transport_socket_match_criteria: there are no transport_socket_matches, so it is the cluster's
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
