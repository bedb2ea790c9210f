// ClusterSpec: everything configured about a cluster, as a const value; made by cluster_config.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "source/base/units.h"
#include "source/http/codec_limits.h"
#include "source/http/http2/codec.h"
#include "source/net/connection.h"
#include "source/net/network.h"
#include "source/net/resolver.h"
#include "source/net/transport_factory.h"
#include "source/stats/counter.h"
#include "source/stats/histogram.h"
#include "source/stats/stat_group.h"
#include "source/upstream/balancer_spec.h"
#include "source/upstream/endpoint_traits.h"
#include "source/upstream/health/health_check_spec.h"
#include "source/upstream/host.h"
#include "source/upstream/host_transport.h"
#include "source/upstream/outlier/outlier_settings.h"

namespace sluice {

enum class DiscoveryType : uint8_t {
  kStatic,
  kStrictDns,
  kLogicalDns,  // one host, wherever its name leads to now
  kEds,         // by ClusterSet::SetEndpoints
  kOriginalDst,
};

// HttpProtocolOptions: which HTTP is spoken to the hosts.
enum class UpstreamProtocol : uint8_t {
  kHttp1,
  kHttp2,
  kAuto,           // what ALPN chooses; HTTP/1 where it chooses nothing
  kUseDownstream,  // that of the request
};

// Retries that are allowed while so many requests are active or pending.
struct RetryBudget {
  double percent = 20;
  uint32_t retries_min = 3;  // however few requests there are
};

struct BreakerLimits {
  uint32_t connections_max = 1024;
  uint32_t pending_requests_max = 1024;
  uint32_t requests_max = 1024;
  uint32_t retries_max = 3;
  uint32_t upgrades_max = 1'000'000;           // more than one process has memory for
  std::optional<RetryBudget> retry_budget;     // instead of retries_max
  uint32_t host_connections_max = UINT32_MAX;  // to one host: per_host_thresholds
  bool track_remaining = false;                // remaining_* gauges
};

// An endpoint as configured: an address, or a name to resolve.
struct EndpointSpec {
  HostFacts facts;  // address is set for STATIC
  EndpointTraits traits;
  HostFlags flags;
  std::string dns_name;  // STRICT_DNS, LOGICAL_DNS
  uint16_t port = 0;
};

// See original_dst.h.
struct OriginalDstSpec {
  std::string header;  // of a request, that says where to; lower case; empty: none does
  uint16_t port = 0;   // instead of the address's; 0: as that says
  Duration cleanup_interval = std::chrono::seconds(5);  // hosts that were not used in one go
};

// Handles of "cluster.<name>.*". Names as in Envoy.
struct ClusterStats {
  std::shared_ptr<const StatGroup> group;  // of the handles
  Counter cx_total, cx_http1_total, cx_http2_total, cx_close_notify, cx_connect_fail,
      cx_connect_timeout, cx_overflow, cx_destroy, cx_destroy_local, cx_destroy_remote,
      cx_destroy_with_active_rq, cx_idle_timeout, cx_max_requests, cx_max_duration_reached,
      cx_protocol_error, cx_rx_bytes_total, cx_tx_bytes_total, cx_none_healthy,
      original_dst_host_invalid, lb_healthy_panic, lb_subsets_created, lb_subsets_removed,
      lb_subsets_selected, lb_subsets_fallback, lb_subsets_fallback_panic,
      lb_recalculate_zone_structures, lb_zone_cluster_too_small, lb_zone_no_capacity_left,
      lb_local_cluster_not_ok, lb_zone_routing_all_directly, lb_zone_routing_sampled,
      lb_zone_routing_cross_zone, cx_connect_attempts_exceeded, cx_upgrades_overflow,
      flow_control_paused_reading, flow_control_resumed_reading;
  Gauge cx_active;
  Counter rq_total, rq_completed, rq_1xx, rq_2xx, rq_3xx, rq_4xx, rq_5xx, rq_timeout,
      rq_per_try_timeout, rq_rx_reset, rq_tx_reset, rq_cancelled, rq_maintenance_mode,
      rq_pending_total, rq_pending_overflow, rq_pending_failure_eject, rq_retry, rq_retry_success,
      rq_retry_overflow, rq_retry_limit_exceeded, rq_retry_backoff_exponential,
      rq_retry_backoff_ratelimited, rq_per_try_idle_timeout, retry_or_shadow_abandoned;
  Gauge rq_active, rq_pending_active;
  Histogram rq_time, cx_connect_ms, cx_length_ms;
  Gauge lb_subsets_active;
  Gauge membership_total, membership_healthy, membership_degraded, membership_excluded;
  Counter membership_change;
  // Of its endpoints by discovery, and of its names.
  Counter update_attempt, update_success, update_failure, update_rejected, init_fetch_timeout;
  Gauge version, update_time;
  std::shared_ptr<const Http2Stats> http2;  // null: the cluster does not speak it
};

// Of what a spec was made of: two that have the same number say the same. 0: nobody knows.
struct SpecHashes {
  uint64_t all = 0;
  uint64_t connections = 0;  // what connections to hosts, and who makes them, go by
  uint64_t health_checks = 0;
  uint64_t settings = 0;  // ClusterSettings
};

// What clusters that a control plane makes by one template have in common: clusters that say the
// same share it (cluster_settings_pool.h).
struct ClusterSettings {
  BalancerSpec balancer;
  size_t connection_buffer_bytes_max =
      1_MiB;                  // per_connection_buffer_limit_bytes: gauge limit of each direction
  BreakerLimits breakers[2];  // by RoutePriority: default, high
  // HttpProtocolOptions.common_http_protocol_options and explicit HTTP/1 options.
  Duration idle_timeout = std::chrono::hours(1);  // of a pooled connection; 0: none
  uint32_t requests_per_connection_max = 0;       // 0: no limit
  Duration connection_duration_max{0};
  CodecLimits codec_limits;
  UpstreamProtocol protocol = UpstreamProtocol::kHttp1;
  Http1Options http1;
  Http2Options http2;
  // preconnect_policy: for each stream that there is, connections for so many; from 1 to 3.
  double preconnect_ratio = 1.0;
  // And of hosts that are picked next, so many have a connection that waits; up to 2.
  uint32_t connect_ahead = 0;
  // common_lb_config: when hosts come or go, connections to all others end with their streams, too.
  bool closes_on_host_change = false;
  // upstream_http_protocol_options: the name in the certificate and in SNI is the request's host.
  bool auto_sni = false;
  bool auto_san_validation = false;
  std::string auto_sni_header;  // the request header to take it from instead; lower case
  SocketOptions socket;
  ConnectionLimits connection{.connect_timeout = std::chrono::seconds(5)};
  std::optional<OriginalDstSpec> original_dst;  // kOriginalDst
  DnsFamily dns_family = DnsFamily::kAuto;
  Duration dns_refresh = std::chrono::seconds(5);
  Duration dns_jitter{0};  // up to so much later
  bool respect_dns_ttl = false;
  // After a failure: the first wait, doubled with each further one up to the last.
  Duration dns_retry_first = std::chrono::seconds(1), dns_retry_max = std::chrono::seconds(10);
  bool ignore_health_on_host_removal = false;
  // close_connections_on_host_health_failure: those of TCP proxies.
  bool closes_on_host_failure = false;
  std::shared_ptr<const OutlierSettings> outlier;  // null: hosts stay however they answer
};

struct ClusterSpec {
  std::string name;
  std::string stat_name;  // alt_stat_name or name
  DiscoveryType type = DiscoveryType::kStatic;
  SpecHashes hashes;
  std::shared_ptr<const ClusterSettings> settings = std::make_shared<const ClusterSettings>();
  std::vector<EndpointSpec> endpoints;
  std::string eds_service_name;  // kEds: what to ask for
  AssignmentPolicy assignment_policy;
  std::shared_ptr<const ClientTransportFactory> transport;  // none: plaintext
  // The first that a host has the labels of takes its place (TransportOf).
  std::vector<TransportMatch> transport_matches;
  std::vector<std::shared_ptr<const HealthCheckSpec>> health_checks;  // all of them have to pass
  ClusterStats stats;
  std::shared_ptr<const HealthStats> health_stats;  // null: there are no health checks
};

}  // namespace sluice
