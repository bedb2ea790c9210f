// FilterChains: the chains of one listener and what it takes to choose one for a connection. A
// const value once the configuration is read, shared by all workers.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "source/base/units.h"
#include "source/listener/filter_chain_match.h"
#include "source/net/accepted_facts.h"
#include "source/net/io_handle.h"
#include "source/net/transport_factory.h"
#include "source/sdk/downstream.h"

namespace sluice {

// What happens to the connections of one chain.
struct FilterChain {
  std::string name;
  std::unique_ptr<const DownstreamFactory> downstream;
  std::unique_ptr<const ServerTransportFactory> transport;  // null: plaintext
  Duration handshake_timeout{0};                            // 0: none
};

struct FilterChains {
  // Null: none wants it. `accepted`: null where no listener filter has looked.
  const FilterChain* Choose(IoHandle& io, const AcceptedFacts* accepted) const;

  std::vector<FilterChain> chains;
  FilterChainIndex index;                    // over `chains`
  std::optional<FilterChain> default_chain;  // where none of them matches
};

}  // namespace sluice
