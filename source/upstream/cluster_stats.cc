#include "source/upstream/cluster_stats.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace sluice {
namespace {

struct CounterName {
  Counter ClusterStats::*handle;
  absl::string_view name;
};
struct GaugeName {
  Gauge ClusterStats::*handle;
  absl::string_view name;
};
struct HistogramName {
  Histogram ClusterStats::*handle;
  absl::string_view name;
};

constexpr CounterName kCounters[] = {
    {&ClusterStats::cx_total, "upstream_cx_total"},
    {&ClusterStats::cx_http1_total, "upstream_cx_http1_total"},
    {&ClusterStats::cx_http2_total, "upstream_cx_http2_total"},
    {&ClusterStats::cx_close_notify, "upstream_cx_close_notify"},
    {&ClusterStats::cx_connect_fail, "upstream_cx_connect_fail"},
    {&ClusterStats::cx_connect_timeout, "upstream_cx_connect_timeout"},
    {&ClusterStats::cx_overflow, "upstream_cx_overflow"},
    {&ClusterStats::cx_destroy, "upstream_cx_destroy"},
    {&ClusterStats::cx_destroy_local, "upstream_cx_destroy_local"},
    {&ClusterStats::cx_destroy_remote, "upstream_cx_destroy_remote"},
    {&ClusterStats::cx_destroy_with_active_rq, "upstream_cx_destroy_with_active_rq"},
    {&ClusterStats::cx_idle_timeout, "upstream_cx_idle_timeout"},
    {&ClusterStats::cx_max_requests, "upstream_cx_max_requests"},
    {&ClusterStats::cx_max_duration_reached, "upstream_cx_max_duration_reached"},
    {&ClusterStats::cx_protocol_error, "upstream_cx_protocol_error"},
    {&ClusterStats::cx_rx_bytes_total, "upstream_cx_rx_bytes_total"},
    {&ClusterStats::cx_tx_bytes_total, "upstream_cx_tx_bytes_total"},
    {&ClusterStats::cx_none_healthy, "upstream_cx_none_healthy"},
    {&ClusterStats::original_dst_host_invalid, "original_dst_host_invalid"},
    {&ClusterStats::lb_healthy_panic, "lb_healthy_panic"},
    {&ClusterStats::lb_subsets_created, "lb_subsets_created"},
    {&ClusterStats::lb_subsets_removed, "lb_subsets_removed"},
    {&ClusterStats::lb_subsets_selected, "lb_subsets_selected"},
    {&ClusterStats::lb_subsets_fallback, "lb_subsets_fallback"},
    {&ClusterStats::lb_subsets_fallback_panic, "lb_subsets_fallback_panic"},
    {&ClusterStats::lb_recalculate_zone_structures, "lb_recalculate_zone_structures"},
    {&ClusterStats::lb_zone_cluster_too_small, "lb_zone_cluster_too_small"},
    {&ClusterStats::lb_zone_no_capacity_left, "lb_zone_no_capacity_left"},
    {&ClusterStats::lb_local_cluster_not_ok, "lb_local_cluster_not_ok"},
    {&ClusterStats::lb_zone_routing_all_directly, "lb_zone_routing_all_directly"},
    {&ClusterStats::lb_zone_routing_sampled, "lb_zone_routing_sampled"},
    {&ClusterStats::lb_zone_routing_cross_zone, "lb_zone_routing_cross_zone"},
    {&ClusterStats::cx_connect_attempts_exceeded, "upstream_cx_connect_attempts_exceeded"},
    {&ClusterStats::cx_upgrades_overflow, "upstream_cx_upgrades_overflow"},
    {&ClusterStats::flow_control_paused_reading, "upstream_flow_control_paused_reading_total"},
    {&ClusterStats::flow_control_resumed_reading, "upstream_flow_control_resumed_reading_total"},
    {&ClusterStats::rq_total, "upstream_rq_total"},
    {&ClusterStats::rq_completed, "upstream_rq_completed"},
    {&ClusterStats::rq_1xx, "upstream_rq_1xx"},
    {&ClusterStats::rq_2xx, "upstream_rq_2xx"},
    {&ClusterStats::rq_3xx, "upstream_rq_3xx"},
    {&ClusterStats::rq_4xx, "upstream_rq_4xx"},
    {&ClusterStats::rq_5xx, "upstream_rq_5xx"},
    {&ClusterStats::rq_timeout, "upstream_rq_timeout"},
    {&ClusterStats::rq_per_try_timeout, "upstream_rq_per_try_timeout"},
    {&ClusterStats::rq_rx_reset, "upstream_rq_rx_reset"},
    {&ClusterStats::rq_tx_reset, "upstream_rq_tx_reset"},
    {&ClusterStats::rq_cancelled, "upstream_rq_cancelled"},
    {&ClusterStats::rq_maintenance_mode, "upstream_rq_maintenance_mode"},
    {&ClusterStats::rq_pending_total, "upstream_rq_pending_total"},
    {&ClusterStats::rq_pending_overflow, "upstream_rq_pending_overflow"},
    {&ClusterStats::rq_pending_failure_eject, "upstream_rq_pending_failure_eject"},
    {&ClusterStats::rq_retry, "upstream_rq_retry"},
    {&ClusterStats::rq_retry_success, "upstream_rq_retry_success"},
    {&ClusterStats::rq_retry_overflow, "upstream_rq_retry_overflow"},
    {&ClusterStats::rq_retry_limit_exceeded, "upstream_rq_retry_limit_exceeded"},
    {&ClusterStats::rq_retry_backoff_exponential, "upstream_rq_retry_backoff_exponential"},
    {&ClusterStats::rq_retry_backoff_ratelimited, "upstream_rq_retry_backoff_ratelimited"},
    {&ClusterStats::rq_per_try_idle_timeout, "upstream_rq_per_try_idle_timeout"},
    {&ClusterStats::retry_or_shadow_abandoned, "retry_or_shadow_abandoned"},
    {&ClusterStats::membership_change, "membership_change"},
    {&ClusterStats::update_attempt, "update_attempt"},
    {&ClusterStats::update_success, "update_success"},
    {&ClusterStats::update_failure, "update_failure"},
};
constexpr GaugeName kGauges[] = {
    {&ClusterStats::cx_active, "upstream_cx_active"},
    {&ClusterStats::rq_active, "upstream_rq_active"},
    {&ClusterStats::rq_pending_active, "upstream_rq_pending_active"},
    {&ClusterStats::lb_subsets_active, "lb_subsets_active"},
    {&ClusterStats::membership_total, "membership_total"},
    {&ClusterStats::membership_healthy, "membership_healthy"},
    {&ClusterStats::membership_degraded, "membership_degraded"},
    {&ClusterStats::membership_excluded, "membership_excluded"},
};
constexpr HistogramName kHistograms[] = {
    {&ClusterStats::rq_time, "upstream_rq_time"},
    {&ClusterStats::cx_connect_ms, "upstream_cx_connect_ms"},
    {&ClusterStats::cx_length_ms, "upstream_cx_length_ms"},
};

struct BreakerGauge {
  BreakerResource resource;
  absl::string_view open;
  absl::string_view remaining;
};
constexpr BreakerGauge kBreakerGauges[] = {
    {BreakerResource::kConnections, "cx_open", "remaining_cx"},
    {BreakerResource::kPendingRequests, "rq_pending_open", "remaining_pending"},
    {BreakerResource::kRequests, "rq_open", "remaining_rq"},
    {BreakerResource::kRetries, "rq_retry_open", "remaining_retries"},
    {BreakerResource::kUpgrades, "upgrades_open", "remaining_upgrades"},
};

}  // namespace

std::string ClusterStatPrefix(absl::string_view stat_name) {
  return absl::StrCat("cluster.", absl::StrReplaceAll(stat_name, {{":", "_"}}), ".");
}

ClusterStats MakeClusterStats(StatsRegistry& registry, absl::string_view stat_name) {
  const std::string prefix = ClusterStatPrefix(stat_name);
  ClusterStats stats;
  for (const auto& [handle, name] : kCounters) {
    stats.*handle = registry.GetCounter(absl::StrCat(prefix, name));
  }
  for (const auto& [handle, name] : kGauges) {
    stats.*handle = registry.GetGauge(absl::StrCat(prefix, name));
  }
  for (const auto& [handle, name] : kHistograms) {
    stats.*handle = registry.GetHistogram(absl::StrCat(prefix, name));
  }
  return stats;
}

HealthStats MakeHealthStats(StatsRegistry& registry, absl::string_view stat_name) {
  const std::string prefix = absl::StrCat(ClusterStatPrefix(stat_name), "health_check.");
  const auto counter = [&](absl::string_view name) {
    return registry.GetCounter(absl::StrCat(prefix, name));
  };
  return {.attempt = counter("attempt"),
          .success = counter("success"),
          .failure = counter("failure"),
          .passive_failure = counter("passive_failure"),
          .network_failure = counter("network_failure"),
          .verify_cluster = counter("verify_cluster"),
          .healthy = registry.GetGauge(absl::StrCat(prefix, "healthy")),
          .degraded = registry.GetGauge(absl::StrCat(prefix, "degraded"))};
}

void AddBreakerGauges(StatsRegistry& registry, const ClusterSpec& spec,
                      std::shared_ptr<const CircuitBreaker> breaker) {
  for (const RoutePriority priority : {RoutePriority::kDefault, RoutePriority::kHigh}) {
    const std::string prefix =
        absl::StrCat(ClusterStatPrefix(spec.stat_name), "circuit_breakers.",
                     priority == RoutePriority::kDefault ? "default." : "high.");
    for (const BreakerGauge& gauge : kBreakerGauges) {
      const BreakerResource resource = gauge.resource;
      registry.AddComputedGauge(absl::StrCat(prefix, gauge.open), [breaker, priority, resource] {
        return static_cast<int64_t>(breaker->open(priority, resource));
      });
      if (!spec.breakers[static_cast<size_t>(priority)].track_remaining) continue;
      registry.AddComputedGauge(
          absl::StrCat(prefix, gauge.remaining), [breaker, priority, resource] {
            return static_cast<int64_t>(breaker->remaining(priority, resource));
          });
    }
  }
  registry.AddComputedGauge(
      absl::StrCat(ClusterStatPrefix(spec.stat_name), "upstream_cx_upgrades_active"), [breaker] {
        return int64_t{breaker->in_use(RoutePriority::kDefault, BreakerResource::kUpgrades)} +
               breaker->in_use(RoutePriority::kHigh, BreakerResource::kUpgrades);
      });
}

}  // namespace sluice
