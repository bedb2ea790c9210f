#include "source/upstream/endpoints/dns_endpoints.h"

#include <utility>

#include "absl/container/flat_hash_set.h"

namespace sluice {

DnsEndpoints::DnsEndpoints(WorkerContext& main, Resolver& resolver, const ClusterSpec& spec,
                           std::function<void()> on_answer)
    : logical_(spec.type == DiscoveryType::kLogicalDns) {
  for (const EndpointSpec& endpoint : spec.endpoints) {
    if (endpoint.dns_name.empty()) continue;
    names_.push_back(std::make_unique<DnsName>(main, resolver, spec, endpoint, on_answer));
  }
}

void DnsEndpoints::Remember(const DnsEndpoints& others) {
  for (const auto& name : names_) {
    for (const auto& other : others.names_) {
      if (name->asks_as(*other)) name->Remember(*other);
    }
  }
}

void DnsEndpoints::Start() {
  for (const auto& name : names_) name->Start();
}

bool DnsEndpoints::settled() const {
  for (const auto& name : names_) {
    if (!name->settled()) return false;
  }
  return true;
}

std::vector<ResolvedEndpoint> DnsEndpoints::Endpoints() const {
  std::vector<ResolvedEndpoint> endpoints;
  absl::flat_hash_set<Address> seen;
  for (const auto& name : names_) {
    for (const Address& address : name->addresses()) {
      if (!seen.insert(address).second) continue;
      const EndpointSpec& spec = name->endpoint();
      ResolvedEndpoint endpoint{spec.facts, spec.traits, spec.flags};
      endpoint.facts.address = address;
      if (logical_) endpoint.traits.moved_to = std::make_shared<const Address>(address);
      endpoints.push_back(std::move(endpoint));
      if (logical_) break;
    }
  }
  return endpoints;
}

}  // namespace sluice
