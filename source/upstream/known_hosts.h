// KnownHosts: the hosts that a cluster has, to be found again among the endpoints of its next set:
// a host whose facts stay is the same Host object. Main thread; made for one merge.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "source/net/address.h"
#include "source/upstream/host_set.h"
#include "source/upstream/resolved_endpoint.h"

namespace sluice {

class KnownHosts {
 public:
  // Of two that fit, that which was added first is taken. One that is known already changes
  // nothing.
  void Add(const std::shared_ptr<Host>& host);
  void Add(const std::vector<std::shared_ptr<Host>>& hosts) {
    for (const auto& host : hosts) Add(host);
  }
  // What discovery says of hosts that are known: told to them, or, as long as another cluster has
  // them, not yet.
  enum class Word : uint8_t { kTell, kKeep };
  // The hosts that are known, with what is new about them, and new ones. Each is taken once.
  std::vector<HostEntry> Merge(std::vector<ResolvedEndpoint> endpoints, Word word = Word::kTell);

 private:
  std::shared_ptr<Host> Take(const ResolvedEndpoint& endpoint);
  std::shared_ptr<Host> TakeLogical(const ResolvedEndpoint& endpoint);

  // More than one where an address is listed twice.
  absl::flat_hash_map<Address, std::vector<std::shared_ptr<Host>>> by_address_;
  std::vector<std::shared_ptr<Host>> logical_;
};

}  // namespace sluice
