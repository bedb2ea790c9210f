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

ClusterChoice Chosen(const WeightedCluster& entry, const Headers& request) {
  return {entry.name.empty() ? HeaderValue(request, entry.cluster_header)
                             : absl::string_view(entry.name),
          &entry};
}

// By the weights of the moment; null: they are as configured, or none is left.
const WeightedCluster* ChooseByRuntime(const ClusterAction& action, uint64_t random_value) {
  if (!action.weights_by_runtime) return nullptr;
  const auto weight_of = [](const WeightedCluster& entry) {
    constexpr double kWeightMax = UINT32_MAX;
    return static_cast<uint64_t>(std::min(entry.weight.value(), kWeightMax));
  };
  uint64_t sum = 0;
  for (const WeightedCluster& entry : action.weighted_clusters) sum += weight_of(entry);
  if (sum == 0) return nullptr;
  uint64_t at = random_value % sum;
  for (const WeightedCluster& entry : action.weighted_clusters) {
    const uint64_t weight = weight_of(entry);
    if (at < weight) return &entry;
    at -= weight;
  }
  return nullptr;  // one has been lowered since the sum was made
}

}  // namespace

absl::string_view RouteTable::HostOf(const Headers& request) const {
  const absl::string_view host = request.Get(HeaderId::kAuthority);
  return rules_->ignore_port ? HostWithoutPort(host) : host;
}

RouteMatch RouteTable::Match(const Headers& request, bool secure, uint64_t random_value) const {
  const VirtualHost* const found = domains_.Find(HostOf(request));
  if (found == nullptr) return {nullptr, NoRoute::kNoVirtualHost, nullptr};
  const VirtualHost& virtual_host = *found;
  if (NeedsTls(virtual_host, request, secure)) {
    return {nullptr, NoRoute::kTlsRequired, &virtual_host};
  }
  const uint32_t route = virtual_host.index.Find(RouteRequest(request, random_value));
  if (route == RouteIndex::kNone) return {nullptr, NoRoute::kNoMatch, &virtual_host};
  return {&virtual_host.routes[route], NoRoute::kNone, &virtual_host};
}

const VirtualHost* RouteTable::FindVirtualHost(absl::string_view name) const {
  const auto* const host = virtual_hosts_.Find(name);
  return host == nullptr ? nullptr : host->get();
}

std::vector<std::string> RouteTable::clusters() const {
  std::vector<std::string> names;
  clusters_.ForEach([&](const std::string& name, uint32_t) { names.push_back(name); });
  std::sort(names.begin(), names.end());
  return names;
}

bool RouteTable::AnyNewCluster(const RouteTable& before,
                               const std::function<bool(const std::string& name)>& holds) const {
  bool any = false;
  clusters_.ForEachUnshared(before.clusters_, [&](const std::string& name, uint32_t) {
    any = any || (!before.Names(name) && holds(name));
  });
  return any;
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
  const WeightedCluster* const set = ChooseByRuntime(action, random_value);
  if (set != nullptr) return Chosen(*set, request);
  const uint64_t at = random_value % weighted.back().weight_end;
  const auto chosen = std::upper_bound(
      weighted.begin(), weighted.end(), at,
      [](uint64_t value, const WeightedCluster& entry) { return value < entry.weight_end; });
  return Chosen(*chosen, request);
}

}  // namespace sluice
