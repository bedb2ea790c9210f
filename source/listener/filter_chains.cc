#include "source/listener/filter_chains.h"

#include "absl/strings/string_view.h"

namespace sluice {
namespace {

const AcceptedFacts& NothingFound() {
  static const AcceptedFacts* const kNothing = new AcceptedFacts;
  return *kNothing;
}

// Envoy: raw_buffer is what no listener filter has found to be anything else.
absl::string_view TransportProtocol(const AcceptedFacts& found) {
  return found.transport == DetectedTransport::kTls ? "tls" : "raw_buffer";
}

const Address& Known(const Address& found, const Address& of_socket) {
  return found.family() == Address::Family::kNone ? of_socket : found;
}

}  // namespace

const std::shared_ptr<const FilterChain>* FilterChains::Choose(
    IoHandle& io, const AcceptedFacts* accepted) const {
  const AcceptedFacts& found = accepted != nullptr ? *accepted : NothingFound();
  const Address& peer = io.peer_address();
  const Address& destination = index.asks_for_destination()
                                   ? Known(found.local_address, io.local_address())
                                   : found.local_address;
  const auto chain = index.Find({.destination = destination,
                                 .source = Known(found.remote_address, peer),
                                 .direct_source = peer,
                                 .server_name = found.server_name,
                                 .transport_protocol = TransportProtocol(found),
                                 .application_protocols = found.application_protocols});
  if (chain.has_value()) return &chains[*chain];
  return default_chain == nullptr ? nullptr : &default_chain;
}

void FilterChains::ForEach(
    const std::function<void(const std::shared_ptr<const FilterChain>&)>& visit) const {
  for (const auto& chain : chains) visit(chain);
  if (default_chain != nullptr) visit(default_chain);
}

}  // namespace sluice
