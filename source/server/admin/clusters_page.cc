#include "source/server/admin/clusters_page.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "envoy/admin/v3/clusters.pb.h"
#include "source/server/admin/proto_address.h"
#include "source/server/admin/proto_json.h"

namespace sluice {
namespace {

using envoy::admin::v3::ClusterStatus;
using envoy::admin::v3::HostHealthStatus;
using envoy::admin::v3::HostStatus;
using envoy::admin::v3::SimpleMetric;

absl::string_view FlagText(HostFlag flag) {
  switch (flag) {
    case HostFlag::kFailedActiveCheck:
      return "/failed_active_hc";
    case HostFlag::kFailedPassiveCheck:
      return "/failed_outlier_check";
    case HostFlag::kFailedByDiscovery:
      return "/failed_eds_health";
    case HostFlag::kDegradedByActiveCheck:
      return "/degraded_active_hc";
    case HostFlag::kDegradedByDiscovery:
      return "/degraded_eds_health";
    case HostFlag::kPendingRemoval:
      return "/pending_dynamic_removal";
    case HostFlag::kPendingActiveCheck:
      return "/pending_active_hc";
    case HostFlag::kExcludedByImmediateFailure:
      return "/excluded_via_immediate_hc_fail";
    case HostFlag::kActiveCheckTimeout:
      return "/active_hc_timeout";
    case HostFlag::kDrainingByDiscovery:
      return "/eds_status_draining";
    // Ours: Envoy has no operator.
    case HostFlag::kDrainingByOperator:
      return "/operator_drain";
    case HostFlag::kMaintenanceByOperator:
      break;
  }
  return "/operator_maintenance";
}

// Calls `visit` with each of the flags.
template <class Visit>
void ForEachFlag(HostFlags flags, Visit visit) {
  for (int i = 0; i < kHostFlags; ++i) {
    const auto flag = static_cast<HostFlag>(i);
    if (flags.Has(flag)) visit(flag);
  }
}

std::string FlagsText(HostFlags flags) {
  if (flags.empty()) return "healthy";
  std::string text;
  ForEachFlag(flags, [&text](HostFlag flag) { absl::StrAppend(&text, FlagText(flag)); });
  return text;
}

void SetFlag(HostFlag flag, HostHealthStatus& health) {
  switch (flag) {
    case HostFlag::kFailedActiveCheck:
      return health.set_failed_active_health_check(true);
    case HostFlag::kFailedPassiveCheck:
      return health.set_failed_outlier_check(true);
    case HostFlag::kFailedByDiscovery:
      return health.set_eds_health_status(envoy::config::core::v3::UNHEALTHY);
    case HostFlag::kDegradedByActiveCheck:
      return health.set_failed_active_degraded_check(true);
    case HostFlag::kDegradedByDiscovery:
      return health.set_eds_health_status(envoy::config::core::v3::DEGRADED);
    case HostFlag::kPendingRemoval:
      return health.set_pending_dynamic_removal(true);
    case HostFlag::kPendingActiveCheck:
      return health.set_pending_active_hc(true);
    case HostFlag::kExcludedByImmediateFailure:
      return health.set_excluded_via_immediate_hc_fail(true);
    case HostFlag::kActiveCheckTimeout:
      return health.set_active_hc_timeout(true);
    // The message knows no operator; draining is what he asked for.
    case HostFlag::kDrainingByDiscovery:
    case HostFlag::kDrainingByOperator:
    case HostFlag::kMaintenanceByOperator:
      return health.set_eds_health_status(envoy::config::core::v3::DRAINING);
  }
}

const std::string& StatName(const ClusterView& cluster) {
  return cluster.observability_name.empty() ? cluster.name : cluster.observability_name;
}

void AppendBreaker(absl::string_view prefix, const BreakerFacts& breaker, std::string& out) {
  absl::StrAppend(&out, prefix, "max_connections::", breaker.connections_max, "\n");
  absl::StrAppend(&out, prefix, "max_pending_requests::", breaker.pending_requests_max, "\n");
  absl::StrAppend(&out, prefix, "max_requests::", breaker.requests_max, "\n");
  absl::StrAppend(&out, prefix, "max_retries::", breaker.retries_max, "\n");
}

void AppendHost(const std::string& cluster, const HostView& host, std::string& out) {
  const std::string prefix = absl::StrCat(cluster, "::", host.address, "::");
  const auto fact = [&](absl::string_view name, const absl::AlphaNum& value) {
    absl::StrAppend(&out, prefix, name, "::", value);
    out += '\n';
  };
  fact("cx_active", host.cx_active);
  fact("cx_connect_fail", host.cx_connect_fail);
  fact("cx_total", host.cx_total);
  fact("rq_active", host.rq_active);
  fact("rq_error", host.rq_error);
  fact("rq_success", host.rq_success);
  fact("rq_timeout", host.rq_timeout);
  fact("rq_total", host.rq_total);
  fact("hostname", host.hostname);
  fact("health_flags", FlagsText(host.flags));
  fact("weight", host.weight);
  fact("region", host.region);
  fact("zone", host.zone);
  fact("sub_zone", host.sub_zone);
  // Hosts have no canary mark and no success rate of their own: what Envoy prints for none.
  fact("canary", "false");
  fact("priority", host.priority);
  fact("success_rate", "-1");
  fact("local_origin_success_rate", "-1");
}

void AddMetric(absl::string_view name, uint64_t value, SimpleMetric::Type type, HostStatus& host) {
  SimpleMetric& metric = *host.add_stats();
  metric.set_name(std::string(name));
  metric.set_value(value);
  metric.set_type(type);
}

void FillHost(const HostView& host, HostStatus& status) {
  *status.mutable_address() = ProtoAddress(host.address);
  status.set_hostname(host.hostname);
  envoy::config::core::v3::Locality& locality = *status.mutable_locality();
  locality.set_region(host.region);
  locality.set_zone(host.zone);
  locality.set_sub_zone(host.sub_zone);
  AddMetric("cx_connect_fail", host.cx_connect_fail, SimpleMetric::COUNTER, status);
  AddMetric("cx_total", host.cx_total, SimpleMetric::COUNTER, status);
  AddMetric("rq_error", host.rq_error, SimpleMetric::COUNTER, status);
  AddMetric("rq_success", host.rq_success, SimpleMetric::COUNTER, status);
  AddMetric("rq_timeout", host.rq_timeout, SimpleMetric::COUNTER, status);
  AddMetric("rq_total", host.rq_total, SimpleMetric::COUNTER, status);
  AddMetric("cx_active", host.cx_active, SimpleMetric::GAUGE, status);
  AddMetric("rq_active", host.rq_active, SimpleMetric::GAUGE, status);
  HostHealthStatus& health = *status.mutable_health_status();
  health.set_eds_health_status(envoy::config::core::v3::HEALTHY);
  ForEachFlag(host.flags, [&health](HostFlag flag) { SetFlag(flag, health); });
  status.set_weight(host.weight);
  status.set_priority(host.priority);
}

void AddBreaker(envoy::config::core::v3::RoutingPriority priority, const BreakerFacts& breaker,
                ClusterStatus& status) {
  auto& thresholds = *status.mutable_circuit_breakers()->add_thresholds();
  thresholds.set_priority(priority);
  thresholds.mutable_max_connections()->set_value(breaker.connections_max);
  thresholds.mutable_max_pending_requests()->set_value(breaker.pending_requests_max);
  thresholds.mutable_max_requests()->set_value(breaker.requests_max);
  thresholds.mutable_max_retries()->set_value(breaker.retries_max);
}

}  // namespace

AdminResponse ClustersText(const std::vector<ClusterView>& clusters) {
  AdminResponse response;
  std::string& out = response.body;
  for (const ClusterView& cluster : clusters) {
    const std::string prefix = absl::StrCat(cluster.name, "::");
    absl::StrAppend(&out, prefix, "observability_name::", StatName(cluster), "\n");
    AppendBreaker(absl::StrCat(prefix, "default_priority::"), cluster.default_breaker, out);
    AppendBreaker(absl::StrCat(prefix, "high_priority::"), cluster.high_breaker, out);
    const bool by_api = cluster.added_by == AddedBy::kDiscovery;
    absl::StrAppend(&out, prefix, "added_via_api::", by_api ? "true" : "false", "\n");
    if (!cluster.eds_service_name.empty()) {
      absl::StrAppend(&out, prefix, "eds_service_name::", cluster.eds_service_name, "\n");
    }
    for (const HostView& host : cluster.hosts) AppendHost(cluster.name, host, out);
  }
  return response;
}

AdminResponse ClustersJson(const std::vector<ClusterView>& clusters) {
  envoy::admin::v3::Clusters message;
  for (const ClusterView& cluster : clusters) {
    ClusterStatus& status = *message.add_cluster_statuses();
    status.set_name(cluster.name);
    status.set_observability_name(StatName(cluster));
    status.set_eds_service_name(cluster.eds_service_name);
    status.set_added_via_api(cluster.added_by == AddedBy::kDiscovery);
    AddBreaker(envoy::config::core::v3::DEFAULT, cluster.default_breaker, status);
    AddBreaker(envoy::config::core::v3::HIGH, cluster.high_breaker, status);
    for (const HostView& host : cluster.hosts) FillHost(host, *status.add_host_statuses());
  }
  return ProtoJson(message);
}

}  // namespace sluice
