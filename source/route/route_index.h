// RouteIndex: the list of routes of a virtual host, compiled. Find gives what a walk along the list
// would: the first that matches. Routes with plain paths are found by tries; regular expressions
// are tried in order, up to the best route found so far.
//
// Const after it was made; any thread; Find allocates nothing (but see HeaderMatch).
#pragma once

#include <cstdint>
#include <vector>

#include "source/route/path_trie.h"
#include "source/route/route_predicate.h"

namespace sluice {

class RouteIndex {
 public:
  static constexpr uint32_t kNone = PathTrie::kNone;

  explicit RouteIndex(std::vector<RoutePredicate> predicates);

  // Place in the list, or kNone.
  uint32_t Find(const RouteRequest& request) const;

 private:
  uint32_t FindFirst(const std::vector<uint32_t>& routes, const RouteRequest& request,
                     uint32_t best) const;

  std::vector<RoutePredicate> predicates_;
  PathTrie exact_case_, any_case_;
  std::vector<uint32_t> regexes_, connects_;  // ascending
};

}  // namespace sluice
