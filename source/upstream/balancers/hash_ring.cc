#include "source/upstream/balancers/hash_ring.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "source/upstream/balancers/hash_key.h"

namespace sluice {
namespace {

struct Place {
  uint64_t hash;
  uint32_t host;
};

// So many places for each unit of weight that the lightest host has a whole number of them, that
// there are at least ring_size_min, and not more than ring_size_max, together.
double PlacesPerWeight(absl::Span<const HashedHost> hosts, const RingHashSpec& spec) {
  double sum = 0, lightest = hosts[0].weight;
  for (const HashedHost& host : hosts) {
    sum += host.weight;
    lightest = std::min(lightest, host.weight);
  }
  const double part = lightest / sum;
  const double wanted = std::ceil(part * static_cast<double>(spec.ring_size_min)) / part;
  return std::min(wanted, static_cast<double>(spec.ring_size_max)) / sum;
}

uint64_t HashOf(RingHashFunction function, const std::string& name) {
  return function == RingHashFunction::kMurmurHash2 ? MurmurHash2(name) : XxHash64(name);
}

}  // namespace

HashRing::HashRing(absl::Span<const HashedHost> hosts, const RingHashSpec& spec) {
  const double per_weight = PlacesPerWeight(hosts, spec);
  std::vector<Place> places;
  double wanted = 0;
  for (uint32_t i = 0; i < hosts.size(); ++i) {
    wanted += hosts[i].weight * per_weight;
    for (uint64_t n = 0; static_cast<double>(places.size()) < wanted - 1e-6; ++n) {
      places.push_back({HashOf(spec.function, absl::StrCat(hosts[i].key, "_", n)), i});
    }
  }
  std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
    return std::pair(a.hash, a.host) < std::pair(b.hash, b.host);
  });
  hashes_.reserve(places.size());
  hosts_.reserve(places.size());
  for (const Place& place : places) {
    hashes_.push_back(place.hash);
    hosts_.push_back(place.host);
  }
  MakeIndex();
}

// About two places for each start.
void HashRing::MakeIndex() {
  int bits = 1;
  while ((size_t{2} << bits) < hashes_.size()) ++bits;
  shift_ = 64 - bits;
  starts_.resize(size_t{1} << bits);
  size_t at = 0;
  for (size_t i = 0; i < starts_.size(); ++i) {
    const uint64_t from = static_cast<uint64_t>(i) << shift_;
    while (at < hashes_.size() && hashes_[at] < from) ++at;
    starts_[i] = static_cast<uint32_t>(at);
  }
}

}  // namespace sluice
