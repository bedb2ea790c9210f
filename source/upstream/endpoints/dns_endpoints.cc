#include "source/upstream/endpoints/dns_endpoints.h"

#include <utility>

#include "absl/container/flat_hash_set.h"
#include "source/net/racing_io_handle.h"

namespace sluice {
namespace {

// At the first address of the answer. Where both families were asked for, and answered, the others
// are tried when that one does not connect, as in Envoy.
void AddLogical(const DnsName& name, std::vector<ResolvedEndpoint>& endpoints) {
  if (name.addresses().empty()) return;
  const EndpointSpec& spec = name.endpoint();
  ResolvedEndpoint endpoint{spec.facts, spec.traits, spec.flags};
  std::vector<Address> addresses = Interleave(name.addresses());
  if (!name.asks_for_all()) addresses.resize(1);
  endpoint.facts.address = addresses.front();
  endpoint.traits.moved_to = std::make_shared<const NamedAddresses>(
      NamedAddresses{.name = spec.dns_name, .addresses = std::move(addresses)});
  endpoints.push_back(std::move(endpoint));
}

}  // namespace

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
    if (logical_) {
      AddLogical(*name, endpoints);
      continue;
    }
    for (const Address& address : name->addresses()) {
      if (!seen.insert(address).second) continue;
      const EndpointSpec& spec = name->endpoint();
      ResolvedEndpoint endpoint{spec.facts, spec.traits, spec.flags};
      endpoint.facts.address = address;
      endpoints.push_back(std::move(endpoint));
    }
  }
  return endpoints;
}

}  // namespace sluice
