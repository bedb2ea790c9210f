// FilterChains: the chains of one listener and what it takes to choose one for a connection. A
// const value once the configuration is read, shared by all workers. A chain that an update of the
// listener does not change is the same object in both of its versions.
#pragma once

#include <functional>
#include <memory>
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
  std::string version;      // of the listener's update that has brought it
  std::string fingerprint;  // the same for chains that do the same: ChainFingerprint
  std::unique_ptr<const DownstreamFactory> downstream;
  std::unique_ptr<const ServerTransportFactory> transport;  // null: plaintext
  Duration handshake_timeout{0};                            // 0: none
};

struct FilterChains {
  // Null: none wants it. `accepted`: null where no listener filter has looked.
  const std::shared_ptr<const FilterChain>* Choose(IoHandle& io,
                                                   const AcceptedFacts* accepted) const;
  // Of all chains, the default one included.
  void ForEach(const std::function<void(const std::shared_ptr<const FilterChain>&)>& visit) const;

  std::vector<std::shared_ptr<const FilterChain>> chains;
  FilterChainIndex index;                            // over `chains`
  std::shared_ptr<const FilterChain> default_chain;  // where none of them matches; may be null
};

}  // namespace sluice
