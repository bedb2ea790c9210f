#include "source/upstream/balancers/maglev_table.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <queue>
#include <utility>

#include "source/upstream/balancers/hash_key.h"

namespace sluice {
namespace {

constexpr uint32_t kFree = std::numeric_limits<uint32_t>::max();

// A host's own order of all places: offset, offset + skip, ... As the size is prime, each comes
// once.
struct Preference {
  uint64_t next;
  uint64_t skip;
};

void TakePlace(Preference& host, uint32_t index, std::vector<uint32_t>& places) {
  while (places[host.next] != kFree) host.next = (host.next + host.skip) % places.size();
  places[host.next] = index;
}

// In turns, each host takes the first free place of its order.
void FillByTurns(std::vector<Preference>& hosts, std::vector<uint32_t>& places) {
  for (size_t taken = 0; taken < places.size(); ++taken) {
    const size_t i = taken % hosts.size();
    TakePlace(hosts[i], static_cast<uint32_t>(i), places);
  }
}

// The same, but light hosts sit out some turns. What comes next is in a heap: to ask everybody in
// every turn would take for ever where one host is much heavier than many.
void FillByWeight(absl::Span<const HashedHost> weights, double heaviest,
                  std::vector<Preference>& hosts, std::vector<uint32_t>& places) {
  using Turn = std::pair<double, uint32_t>;  // when, whose
  std::priority_queue<Turn, std::vector<Turn>, std::greater<>> turns;
  for (uint32_t i = 0; i < hosts.size(); ++i) turns.push({heaviest / weights[i].weight, i});
  for (size_t taken = 0; taken < places.size(); ++taken) {
    const auto [when, i] = turns.top();
    turns.pop();
    TakePlace(hosts[i], i, places);
    turns.push({when + heaviest / weights[i].weight, i});
  }
}

}  // namespace

MaglevTable::MaglevTable(absl::Span<const HashedHost> hosts, uint64_t size) : places_(size, kFree) {
  double heaviest = 0;
  bool equal = true;
  std::vector<Preference> preferences;
  preferences.reserve(hosts.size());
  for (const HashedHost& host : hosts) {
    heaviest = std::max(heaviest, host.weight);
    equal = equal && host.weight == hosts[0].weight;
    preferences.push_back({XxHash64(host.key) % size, XxHash64(host.key, 1) % (size - 1) + 1});
  }
  equal ? FillByTurns(preferences, places_) : FillByWeight(hosts, heaviest, preferences, places_);
}

bool IsPrime(uint64_t number) {
  if (number < 2) return false;
  for (uint64_t divisor = 2; divisor * divisor <= number; ++divisor) {
    if (number % divisor == 0) return false;
  }
  return true;
}

}  // namespace sluice
