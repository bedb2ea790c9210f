// HashRing: ketama: hosts stand on a ring of 64 bits at many places each; a request goes to the
// next place after its hash. When a host comes or goes, only its own share of requests moves.
//
// Const after construction, on main; shared by all workers. Finding takes constant time on average:
// an index by the upper bits says where to start.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "source/upstream/balancer_spec.h"

namespace sluice {

// A host as hash tables know it.
struct HashedHost {
  std::string key;
  double weight;
};

class HashRing {
 public:
  HashRing(absl::Span<const HashedHost> hosts, const RingHashSpec& spec);  // not empty

  size_t size() const { return hashes_.size(); }
  // The place where a request with this hash ends up, and which host's a place is.
  size_t Find(uint64_t hash) const {
    size_t at = starts_[hash >> shift_];
    while (at < hashes_.size() && hashes_[at] < hash) ++at;
    return at == hashes_.size() ? 0 : at;
  }
  uint32_t HostAt(size_t place) const { return hosts_[place]; }
  size_t Next(size_t place) const { return place + 1 == hashes_.size() ? 0 : place + 1; }

 private:
  void MakeIndex();
  std::vector<uint64_t> hashes_;  // in order
  std::vector<uint32_t> hosts_;   // of the same places
  std::vector<uint32_t> starts_;  // by the upper bits: the first place that may be right
  int shift_ = 63;
};

}  // namespace sluice
