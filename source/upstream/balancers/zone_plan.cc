#include "source/upstream/balancers/zone_plan.h"

#include <algorithm>

namespace sluice {

ZonePlan PlanZones(absl::Span<const ZoneHosts> hosts, const LocalZones& local,
                   const ZoneAware& settings) {
  uint64_t healthy = 0;
  size_t own = hosts.size(), inhabited = 0;
  for (size_t i = 0; i < hosts.size(); ++i) {
    healthy += hosts[i].healthy;
    inhabited += hosts[i].healthy > 0;
    if (hosts[i].locality == local.own && hosts[i].healthy > 0) own = i;
  }
  if (own == hosts.size() || inhabited < 2) return {};
  if (healthy < settings.hosts_min) return {ZoneVerdict::kTooSmall, {}};
  const auto part_of_fleet = [&local](const Locality& locality) {
    const auto at = local.parts.find(locality);
    return at == local.parts.end() ? 0.0 : at->second;
  };
  if (local.parts.empty()) return {ZoneVerdict::kLocalNotOk, {}};

  ZonePlan plan{ZoneVerdict::kDirect, std::vector<double>(hosts.size(), 0.0)};
  const auto part_of_hosts = [&](size_t i) {
    return static_cast<double>(hosts[i].healthy) / healthy;
  };
  const double fleet_here = part_of_fleet(local.own);
  const double stays = fleet_here <= 0 ? 1.0 : std::min(1.0, part_of_hosts(own) / fleet_here);
  plan.shares[own] = stays;
  if (stays >= 1.0) return plan;
  // What goes elsewhere goes where there are more hosts than the fleet there has use for.
  double spare = 0;
  for (size_t i = 0; i < hosts.size(); ++i) {
    if (i == own) continue;
    plan.shares[i] = std::max(0.0, part_of_hosts(i) - part_of_fleet(hosts[i].locality));
    spare += plan.shares[i];
  }
  plan.verdict = spare > 0 ? ZoneVerdict::kSampled : ZoneVerdict::kNoCapacity;
  for (size_t i = 0; i < hosts.size(); ++i) {
    const bool anywhere = plan.verdict == ZoneVerdict::kNoCapacity && hosts[i].healthy > 0;
    if (anywhere) plan.shares[i] += (1.0 - stays) / inhabited;
    if (!anywhere && i != own && spare > 0) plan.shares[i] *= (1.0 - stays) / spare;
  }
  return plan;
}

}  // namespace sluice
