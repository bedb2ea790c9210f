#include "source/upstream/cluster_stats.h"

#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "source/stats/stat_handles.h"

namespace sluice {
namespace {

constexpr StatHandles<ClusterStats>::Name kClusterNames[] = {
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
    {&ClusterStats::update_rejected, "update_rejected"},
    {&ClusterStats::init_fetch_timeout, "init_fetch_timeout"},
    {&ClusterStats::version, "version"},
    {&ClusterStats::update_time, "update_time"},
    {&ClusterStats::cx_active, "upstream_cx_active"},
    {&ClusterStats::rq_active, "upstream_rq_active"},
    {&ClusterStats::rq_pending_active, "upstream_rq_pending_active"},
    {&ClusterStats::lb_subsets_active, "lb_subsets_active"},
    {&ClusterStats::membership_total, "membership_total"},
    {&ClusterStats::membership_healthy, "membership_healthy"},
    {&ClusterStats::membership_degraded, "membership_degraded"},
    {&ClusterStats::membership_excluded, "membership_excluded"},
    {&ClusterStats::rq_time, "upstream_rq_time"},
    {&ClusterStats::cx_connect_ms, "upstream_cx_connect_ms"},
    {&ClusterStats::cx_length_ms, "upstream_cx_length_ms"},
};

const StatHandles<ClusterStats>& ClusterNames() {
  static const auto* const names = new StatHandles<ClusterStats>(kClusterNames);
  return *names;
}

constexpr StatHandles<HealthStats>::Name kHealthNames[] = {
    {&HealthStats::attempt, "health_check.attempt"},
    {&HealthStats::success, "health_check.success"},
    {&HealthStats::failure, "health_check.failure"},
    {&HealthStats::passive_failure, "health_check.passive_failure"},
    {&HealthStats::network_failure, "health_check.network_failure"},
    {&HealthStats::verify_cluster, "health_check.verify_cluster"},
    {&HealthStats::healthy, "health_check.healthy"},
    {&HealthStats::degraded, "health_check.degraded"},
};

const StatHandles<HealthStats>& HealthNames() {
  static const auto* const names = new StatHandles<HealthStats>(kHealthNames);
  return *names;
}

// The lines of what is open: the resources of the default priority, then those of the high one.
constexpr BreakerResource kResources[] = {
    BreakerResource::kConnections, BreakerResource::kPendingRequests, BreakerResource::kRequests,
    BreakerResource::kRetries, BreakerResource::kUpgrades};

RoutePriority PriorityOf(size_t line) {
  return line < std::size(kResources) ? RoutePriority::kDefault : RoutePriority::kHigh;
}
BreakerResource ResourceOf(size_t line) { return kResources[line % std::size(kResources)]; }

const StatTable& OpenNames() {
  static const auto* const table = new StatTable({
      {"circuit_breakers.default.cx_open", StatKind::kGauge},
      {"circuit_breakers.default.rq_pending_open", StatKind::kGauge},
      {"circuit_breakers.default.rq_open", StatKind::kGauge},
      {"circuit_breakers.default.rq_retry_open", StatKind::kGauge},
      {"circuit_breakers.default.upgrades_open", StatKind::kGauge},
      {"circuit_breakers.high.cx_open", StatKind::kGauge},
      {"circuit_breakers.high.rq_pending_open", StatKind::kGauge},
      {"circuit_breakers.high.rq_open", StatKind::kGauge},
      {"circuit_breakers.high.rq_retry_open", StatKind::kGauge},
      {"circuit_breakers.high.upgrades_open", StatKind::kGauge},
      {"upstream_cx_upgrades_active", StatKind::kGauge},
  });
  return *table;
}
constexpr size_t kUpgradesLine = 2 * std::size(kResources);

// By priority: each is asked for by itself.
const StatTable& RemainingNames(RoutePriority priority) {
  static const auto* const of_default = new StatTable({
      {"circuit_breakers.default.remaining_cx", StatKind::kGauge},
      {"circuit_breakers.default.remaining_pending", StatKind::kGauge},
      {"circuit_breakers.default.remaining_rq", StatKind::kGauge},
      {"circuit_breakers.default.remaining_retries", StatKind::kGauge},
      {"circuit_breakers.default.remaining_upgrades", StatKind::kGauge},
  });
  static const auto* const of_high = new StatTable({
      {"circuit_breakers.high.remaining_cx", StatKind::kGauge},
      {"circuit_breakers.high.remaining_pending", StatKind::kGauge},
      {"circuit_breakers.high.remaining_rq", StatKind::kGauge},
      {"circuit_breakers.high.remaining_retries", StatKind::kGauge},
      {"circuit_breakers.high.remaining_upgrades", StatKind::kGauge},
  });
  return priority == RoutePriority::kDefault ? *of_default : *of_high;
}

}  // namespace

std::string ClusterStatPrefix(absl::string_view stat_name) {
  return absl::StrCat("cluster.", absl::StrReplaceAll(stat_name, {{":", "_"}}), ".");
}

ClusterStats MakeClusterStats(StatsRegistry& registry, absl::string_view stat_name) {
  ClusterStats stats;
  stats.group = ClusterNames().Bind(registry, ClusterStatPrefix(stat_name), stats);
  return stats;
}

HealthStats MakeHealthStats(StatsRegistry& registry, absl::string_view stat_name) {
  HealthStats stats;
  stats.group = HealthNames().Bind(registry, ClusterStatPrefix(stat_name), stats);
  return stats;
}

BreakerStats MakeBreakerStats(StatsRegistry& registry, const ClusterSpec& spec,
                              const std::shared_ptr<const CircuitBreaker>& breaker) {
  const std::string prefix = ClusterStatPrefix(spec.stat_name);
  BreakerStats stats;
  stats.push_back(registry.ComputeGroup(prefix, OpenNames(), [breaker](size_t line) {
    if (line < kUpgradesLine) return int64_t{breaker->open(PriorityOf(line), ResourceOf(line))};
    return int64_t{breaker->in_use(RoutePriority::kDefault, BreakerResource::kUpgrades)} +
           breaker->in_use(RoutePriority::kHigh, BreakerResource::kUpgrades);
  }));
  for (const RoutePriority priority : {RoutePriority::kDefault, RoutePriority::kHigh}) {
    if (!spec.settings->breakers[static_cast<size_t>(priority)].track_remaining) continue;
    stats.push_back(
        registry.ComputeGroup(prefix, RemainingNames(priority), [breaker, priority](size_t line) {
          return static_cast<int64_t>(breaker->remaining(priority, ResourceOf(line)));
        }));
  }
  return stats;
}

}  // namespace sluice
