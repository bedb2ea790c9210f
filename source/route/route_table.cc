#include "source/route/route_table.h"

#include <algorithm>

#include "absl/strings/numbers.h"

namespace sluice {
namespace {

bool NeedsTls(const VirtualHost& host, const Headers& request, bool secure) {
  if (secure || host.require_tls == TlsRequirement::kNone) return false;
  return host.require_tls == TlsRequirement::kAll ||
         request.Get(HeaderId::kXEnvoyInternal) != "true";
}

absl::string_view HeaderValue(const Headers& request, const std::string& name) {
  const Header* header = request.Find(name);
  return header == nullptr ? absl::string_view() : header->value;
}

}  // namespace

RouteMatch RouteTable::Match(const Headers& request, bool secure, uint64_t random_value) const {
  absl::string_view host = request.Get(HeaderId::kAuthority);
  if (ignore_port_) host = HostWithoutPort(host);
  const std::optional<uint32_t> found = domains_.Find(host);
  if (!found.has_value()) return {nullptr, NoRoute::kNoVirtualHost, nullptr};
  const VirtualHost& virtual_host = *virtual_hosts_[*found];
  if (NeedsTls(virtual_host, request, secure)) {
    return {nullptr, NoRoute::kTlsRequired, &virtual_host};
  }
  const uint32_t route = virtual_host.index.Find(RouteRequest(request, random_value));
  if (route == RouteIndex::kNone) return {nullptr, NoRoute::kNoMatch, &virtual_host};
  return {&virtual_host.routes[route], NoRoute::kNone, &virtual_host};
}

ClusterChoice ChooseCluster(const ClusterAction& action, const Headers& request,
                            uint64_t random_value) {
  if (!action.cluster.empty()) return {action.cluster, nullptr};
  if (action.weighted_clusters.empty()) {
    return {HeaderValue(request, action.cluster_header), nullptr};
  }
  if (!action.weight_header.empty()) {
    uint64_t value = 0;
    if (absl::SimpleAtoi(HeaderValue(request, action.weight_header), &value)) random_value = value;
  }
  const auto& weighted = action.weighted_clusters;
  const uint64_t at = random_value % weighted.back().weight_end;
  const auto chosen = std::upper_bound(
      weighted.begin(), weighted.end(), at,
      [](uint64_t value, const WeightedCluster& entry) { return value < entry.weight_end; });
  return {chosen->name.empty() ? HeaderValue(request, chosen->cluster_header)
                               : absl::string_view(chosen->name),
          &*chosen};
}

}  // namespace sluice
