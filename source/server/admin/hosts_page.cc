#include "source/server/admin/hosts_page.h"

#include <chrono>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "sluice/admin/v1/hosts.pb.h"
#include "source/server/admin/proto_json.h"

namespace sluice {
namespace {

namespace pb = ::sluice::admin::v1;

constexpr absl::string_view kUsage =
    "usage: GET /hosts/<cluster>, or POST /hosts/<cluster>/<address>?state=drain|maintenance|up\n";

absl::string_view StateText(HostFlags flags) {
  switch (HealthOf(flags)) {
    case HostHealth::kHealthy:
      return "healthy";
    case HostHealth::kDegraded:
      return "degraded";
    case HostHealth::kUnhealthy:
      break;
  }
  return "unhealthy";
}

struct Reason {
  HostFlag flag;
  absl::string_view text;
};
// What weighs most first.
constexpr Reason kReasons[] = {
    {HostFlag::kMaintenanceByOperator, "an operator has put it into maintenance"},
    {HostFlag::kDrainingByOperator, "an operator drains it"},
    {HostFlag::kFailedByDiscovery, "discovery says that it is unhealthy"},
    {HostFlag::kDrainingByDiscovery, "discovery says that it is draining"},
    {HostFlag::kPendingActiveCheck, "it waits for its first health check"},
    {HostFlag::kFailedActiveCheck, "it fails its health checks"},
    {HostFlag::kActiveCheckTimeout, "its last health check was not answered in time"},
    {HostFlag::kExcludedByImmediateFailure, "it asked to be counted out"},
    {HostFlag::kFailedPassiveCheck, "outlier detection has ejected it"},
    {HostFlag::kDegradedByDiscovery, "discovery says that it is degraded"},
    {HostFlag::kDegradedByActiveCheck, "its health checks say that it is degraded"},
    {HostFlag::kPendingRemoval, "discovery has dropped it; it stays while it passes"},
};

void Show(const ProbeView& view, pb::Probe& probe) {
  probe.set_check(std::string(view.check));
  probe.set_passed(view.passed);
  probe.set_outcome(view.words);
  if (view.at == WallTime{}) return;
  probe.set_latency_ms(std::chrono::duration<double, std::milli>(view.latency).count());
  probe.set_time(TimeText(view.at));
}

void Show(const HostView& view, pb::Host& host) {
  host.set_address(view.address);
  host.set_hostname(view.hostname);
  host.set_state(std::string(StateText(view.flags)));
  for (const Reason& reason : kReasons) {
    if (view.flags.Has(reason.flag)) host.add_reasons(std::string(reason.text));
  }
  if (!view.probes.empty()) host.set_since(TimeText(view.since));
  for (const ProbeView& probe : view.probes) Show(probe, *host.add_probes());
  if (view.flags.Has(HostFlag::kDrainingByOperator)) host.set_operator_state("drain");
  if (view.flags.Has(HostFlag::kMaintenanceByOperator)) host.set_operator_state("maintenance");
  host.set_weight(view.weight);
  host.set_priority(view.priority);
  host.set_active_requests(view.rq_active);
  host.set_active_connections(view.cx_active);
  host.set_ejections(view.ejections);
}

std::optional<HostOrder> OrderOf(absl::string_view text) {
  if (text == "drain") return HostOrder::kDrain;
  if (text == "maintenance") return HostOrder::kMaintenance;
  if (text == "up") return HostOrder::kUp;
  return std::nullopt;
}

// What follows "/hosts/". Names of clusters may have slashes in them, and addresses too.
std::string Rest(const AdminQuery& query) {
  const std::string path = query.DecodedPath();
  return std::string(absl::StripPrefix(absl::StripPrefix(path, "/hosts"), "/"));
}

}  // namespace

AdminResponse HostsPage(const AdminView& view, const AdminQuery& query) {
  if (query.Has("state")) return {405, AdminResponse::kText, "POST required\n"};
  const std::string name = Rest(query);
  if (name.empty()) return {400, AdminResponse::kText, std::string(kUsage)};
  for (const ClusterView& cluster : view.clusters()) {
    if (cluster.name != name) continue;
    pb::Hosts page;
    page.set_cluster(cluster.name);
    for (const HostView& host : cluster.hosts) Show(host, *page.add_hosts());
    return ProtoJson(page);
  }
  return {404, AdminResponse::kText, absl::StrCat("no cluster \"", name, "\"\n")};
}

AdminResponse OrderHost(const AdminView& view, const AdminQuery& query) {
  const std::optional<HostOrder> order = OrderOf(query.Get("state").value_or(""));
  const std::string rest = Rest(query);
  if (!order.has_value() || rest.empty()) return {400, AdminResponse::kText, std::string(kUsage)};
  for (const ClusterView& cluster : view.clusters()) {
    absl::string_view address = rest;
    if (!absl::ConsumePrefix(&address, cluster.name) || !absl::ConsumePrefix(&address, "/")) {
      continue;
    }
    // The slash that a Unix socket begins with is taken for one of two.
    for (const std::string& text : {std::string(address), absl::StrCat("/", address)}) {
      if (view.order_host(cluster.name, text, *order)) return {200, AdminResponse::kText, "OK\n"};
    }
  }
  return {404, AdminResponse::kText, absl::StrCat("no host \"", rest, "\"\n")};
}

}  // namespace sluice
