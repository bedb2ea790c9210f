#include "source/upstream/known_hosts.h"

#include <algorithm>
#include <utility>

namespace sluice {
namespace {

// What health checks and operators have found out is theirs; discovery's word is replaced.
void TakeOverDiscovery(HostFlags flags, Host& host) {
  constexpr HostFlag kOfDiscovery[] = {HostFlag::kFailedByDiscovery, HostFlag::kDegradedByDiscovery,
                                       HostFlag::kDrainingByDiscovery};
  for (const HostFlag flag : kOfDiscovery) {
    if (host.flags().Has(flag) != flags.Has(flag)) host.SetFlag(flag, flags.Has(flag));
  }
}

}  // namespace

void KnownHosts::Add(const std::shared_ptr<Host>& host) {
  auto& hosts = host->moved_to != nullptr ? logical_ : by_address_[host->address()];
  if (std::find(hosts.begin(), hosts.end(), host) == hosts.end()) hosts.push_back(host);
}

std::vector<HostEntry> KnownHosts::Merge(std::vector<ResolvedEndpoint> endpoints, Word word) {
  std::vector<HostEntry> entries;
  entries.reserve(endpoints.size());
  for (ResolvedEndpoint& endpoint : endpoints) {
    std::shared_ptr<Host> host = Take(endpoint);
    if (host == nullptr) {
      host = std::make_shared<Host>(std::move(endpoint.facts), endpoint.flags);
      host->moved_to = endpoint.traits.moved_to;
    } else if (word == Word::kTell) {
      TakeOverDiscovery(endpoint.flags, *host);
      host->moved_to = endpoint.traits.moved_to;
    }
    entries.push_back({std::move(host), std::move(endpoint.traits)});
  }
  return entries;
}

std::shared_ptr<Host> KnownHosts::Take(const ResolvedEndpoint& endpoint) {
  if (endpoint.traits.moved_to != nullptr) return TakeLogical(endpoint);
  const auto same_address = by_address_.find(endpoint.facts.address);
  if (same_address == by_address_.end()) return nullptr;
  for (std::shared_ptr<Host>& known : same_address->second) {
    if (known == nullptr || !(known->facts() == endpoint.facts)) continue;
    return std::exchange(known, nullptr);
  }
  return nullptr;
}

// Known by the name and the port that are asked for: it stays when these lead elsewhere.
std::shared_ptr<Host> KnownHosts::TakeLogical(const ResolvedEndpoint& endpoint) {
  const HostFacts& facts = endpoint.facts;
  for (std::shared_ptr<Host>& known : logical_) {
    if (known != nullptr && known->facts().hostname == facts.hostname &&
        known->facts().probe == facts.probe && known->address().port() == facts.address.port() &&
        known->moved_to->name == endpoint.traits.moved_to->name) {
      return std::exchange(known, nullptr);
    }
  }
  return nullptr;
}

}  // namespace sluice
