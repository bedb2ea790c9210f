// MaglevTable: a table of fixed, prime size in which each host has its share of places; a request
// takes the place that its hash names (Eisenbud et al., "Maglev", NSDI 2016, section 3.4). When a
// host comes or goes, few other requests move.
//
// Const after construction, on main; shared by all workers. One look finds the host.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "source/upstream/balancers/hash_ring.h"

namespace sluice {

class MaglevTable {
 public:
  MaglevTable(absl::Span<const HashedHost> hosts, uint64_t size);  // not empty; size is prime

  size_t size() const { return places_.size(); }
  uint32_t HostFor(uint64_t hash) const { return places_[hash % places_.size()]; }
  uint32_t HostAt(size_t place) const { return places_[place]; }

 private:
  std::vector<uint32_t> places_;
};

// Whether a table may have this size.
bool IsPrime(uint64_t number);

}  // namespace sluice
