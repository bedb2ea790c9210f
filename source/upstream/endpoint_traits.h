// EndpointTraits: what may change of an endpoint while its Host, with its connections and its
// health, stays the same: how much traffic it is to get, and where it is. Values; the shared parts
// are const.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "source/upstream/named_addresses.h"

namespace sluice {

struct Locality {
  std::string region, zone, sub_zone;
  friend bool operator==(const Locality&, const Locality&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const Locality& l) {
    return H::combine(std::move(h), l.region, l.zone, l.sub_zone);
  }
};

// A LocalityLbEndpoints of the API: one object for all of its endpoints.
struct LocalityGroup {
  Locality locality;
  uint32_t weight = 0;  // none: locality weighted balancing passes it by
  friend bool operator==(const LocalityGroup&, const LocalityGroup&) = default;
};

// The metadata under "envoy.lb", which subsets and hashing go by: keys in order, each with its
// value as text (JSON); of a list, also the texts of its items.
struct EndpointMetadata {
  struct Entry {
    std::string key, value;
    std::vector<std::string> items;
    friend bool operator==(const Entry&, const Entry&) = default;
  };
  std::vector<Entry> entries;
  friend bool operator==(const EndpointMetadata&, const EndpointMetadata&) = default;
};

struct EndpointTraits {
  uint32_t weight = 1;  // at least 1
  uint32_t priority = 0;
  std::shared_ptr<const LocalityGroup> locality;     // null: none is named
  std::shared_ptr<const EndpointMetadata> metadata;  // null: there is none
  std::shared_ptr<const NamedAddresses> moved_to;    // null: the host is at its own addresses

  // By value: other objects may say the same.
  friend bool operator==(const EndpointTraits& a, const EndpointTraits& b) {
    const auto same = [](const auto& x, const auto& y) {
      return x == y || (x != nullptr && y != nullptr && *x == *y);
    };
    return a.weight == b.weight && a.priority == b.priority && same(a.locality, b.locality) &&
           same(a.metadata, b.metadata) && same(a.moved_to, b.moved_to);
  }
};

}  // namespace sluice
