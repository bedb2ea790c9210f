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

#include <string>

namespace sluice {

const std::string_view kServingSupport = R"(
# ---- bootstrap

message envoy.config.bootstrap.v3.Bootstrap
  + node static_resources dynamic_resources admin stats_config cluster_manager layered_runtime
  + overload_manager
  ~ stats_flush_interval: there is no sink to flush to; the admin port shows live values
  ~ stats_flush_on_admin: there is no sink to flush to; the admin port shows live values
  ~ default_regex_engine: RE2 is the only engine
  ~ deferred_stat_options: says when memory for counters is taken, not what they show
message envoy.config.bootstrap.v3.ClusterManager
  + outlier_detection local_cluster_name upstream_bind_config
message envoy.config.bootstrap.v3.ClusterManager.OutlierDetection
  + event_log_path
message envoy.config.bootstrap.v3.Bootstrap.StaticResources
  + listeners clusters secrets
message envoy.config.bootstrap.v3.Admin
  + address access_log access_log_path
  ~ profile_path: there is no profiler to write to it
message envoy.config.overload.v3.OverloadManager
  + refresh_interval resource_monitors actions
message envoy.config.overload.v3.ResourceMonitor
  + name typed_config
message envoy.config.overload.v3.OverloadAction
  + name triggers
message envoy.config.overload.v3.Trigger
  + name threshold
message envoy.config.overload.v3.ThresholdTrigger
  + *
extension envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig
  + *
extension envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig
  + *
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
  + *
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
  + name sds_config
extension envoy.extensions.transport_sockets.tls.v3.Secret
  + name tls_certificate session_ticket_keys validation_context
message envoy.config.core.v3.WatchedDirectory
  + *

# ---- listeners

message envoy.config.listener.v3.Listener
  + name address filter_chains default_filter_chain stat_prefix per_connection_buffer_limit_bytes
  + tcp_backlog_size max_connections_to_accept_per_socket_event enable_reuse_port
  + bind_to_port use_original_dst connection_balance_config transparent freebind
  + tcp_fast_open_queue_length socket_options additional_addresses metadata
  + ignore_global_conn_limit bypass_overload_manager
  ~ traffic_direction: a label for control planes
  ~ drain_type: /healthcheck/fail ends no connection here, from which it would exempt
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
  + allow_requests_without_proxy_protocol pass_through_tlvs disallowed_versions stat_prefix rules
message envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol.Rule
  + *
message envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol.KeyValuePair
  + *
extension envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector
  + enable_ja3_fingerprinting{false}
  ~ initial_read_buffer_size: the opening is looked at in one buffer of the listener
message envoy.config.core.v3.ProxyProtocolPassThroughTLVs
  + *

# ---- HTTP connection manager

extension envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
  + codec_type{AUTO,HTTP1,HTTP2} stat_prefix route_config rds scoped_routes http_filters
  + common_http_protocol_options http_protocol_options http2_protocol_options drain_timeout
  + stream_error_on_invalid_http_message stream_idle_timeout request_timeout
  + request_headers_timeout delayed_close_timeout max_request_headers_kb
  + access_log access_log_options local_reply_config set_current_client_cert_details
  + use_remote_address xff_num_trusted_hops skip_xff_append append_x_forwarded_port
  + generate_request_id preserve_external_request_id always_set_request_id_in_response
  + server_name server_header_transformation via forward_client_cert_details
  + scheme_header_transformation
  + normalize_path merge_slashes path_with_escaped_slashes_action
  + strip_matching_host_port strip_any_host_port strip_trailing_host_dot upgrade_configs
  ~ http3_protocol_options: there is no HTTP/3 whose limits it would set
  ! internal_address_config original_ip_detection_extensions early_header_mutation_extensions
  ! typed_header_validation_config path_normalization_options
message envoy.config.core.v3.SchemeHeaderTransformation
  + *
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
extension envoy.extensions.filters.http.health_check.v3.HealthCheck
  + pass_through_mode headers
extension envoy.extensions.filters.http.grpc_stats.v3.FilterConfig
extension envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit
  ~ stat_prefix: without a bucket nothing is limited, and nothing is counted
  ~ status: without a bucket nothing is limited
  ~ filter_enabled: without a bucket nothing is limited
  ~ filter_enforced: without a bucket nothing is limited
  ! token_bucket descriptors
extension envoy.extensions.filters.http.lua.v3.Lua
  + inline_code default_source_code
  ~ source_codes: they run where a route names them, and routes that do are refused
  ~ stat_prefix: nothing runs, and nothing is counted
extension envoy.extensions.filters.http.rbac.v3.RBAC
  ~ rules_stat_prefix: without rules nothing is counted
  ! rules matcher
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
extension envoy.extensions.filters.http.compressor.v3.Compressor
  + compressor_library response_direction_config
  ~ choose_first: there is one library
  ! content_length content_type disable_on_etag_header remove_accept_encoding_header runtime_enabled
  ! request_direction_config
message envoy.extensions.filters.http.compressor.v3.Compressor.ResponseDirectionConfig
  + *
message envoy.extensions.filters.http.compressor.v3.Compressor.CommonDirectionConfig
  + min_content_length content_type
  ! enabled
extension envoy.extensions.compression.gzip.compressor.v3.Gzip
  + memory_level compression_level compression_strategy window_bits
  ~ chunk_size: blocks of the proxy's buffers are filled
extension envoy.extensions.filters.http.cors.v3.Cors
  + *
extension envoy.extensions.filters.http.cors.v3.CorsPolicy
  + *
extension envoy.extensions.filters.http.grpc_web.v3.GrpcWeb
  + *
extension envoy.extensions.filters.http.on_demand.v3.OnDemand
extension envoy.extensions.filters.http.on_demand.v3.PerRouteConfig
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
  + typed_per_filter_config vhds
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
  + clusters total_weight header_name runtime_key_prefix
message envoy.config.route.v3.WeightedCluster.ClusterWeight
  + name cluster_header weight host_rewrite_literal
  + request_headers_to_add request_headers_to_remove
  + response_headers_to_add response_headers_to_remove
  + typed_per_filter_config metadata_match
extension envoy.config.route.v3.FilterConfig
  + *
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
  + *
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
  + *
message envoy.config.accesslog.v3.RuntimeFilter
  + *
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
extension envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig
extension envoy.extensions.access_loggers.grpc.v3.TcpGrpcAccessLogConfig
message envoy.config.core.v3.SubstitutionFormatString
  + text_format text_format_source json_format omit_empty_values content_type
  ~ json_format_options: the fields of an object are always in order
)";

std::string_view SupportTableText() {
  static const std::string* const whole = new std::string(
      std::string(kServingSupport) + std::string(kClusterSupport) + std::string(kDiscoverySupport));
  return *whole;
}

}  // namespace sluice
