#include "source/route/route_index.h"

#include <utility>

namespace sluice {
namespace {

using Kind = PathMatch::Kind;

std::vector<PathTrie::Key> TrieKeys(const std::vector<RoutePredicate>& predicates, CaseRule rule) {
  std::vector<PathTrie::Key> keys;
  for (uint32_t i = 0; i < predicates.size(); ++i) {
    const PathMatch& path = predicates[i].path;
    if (path.case_rule != rule || path.kind == Kind::kRegex || path.kind == Kind::kConnect)
      continue;
    const PathTrie::Ending ending = path.kind == Kind::kExact    ? PathTrie::Ending::kEnd
                                    : path.kind == Kind::kPrefix ? PathTrie::Ending::kAnything
                                                                 : PathTrie::Ending::kSlashOrEnd;
    keys.push_back({path.text, ending, i, predicates[i].conditions.any()});
  }
  return keys;
}

std::vector<uint32_t> PlacesOf(Kind kind, const std::vector<RoutePredicate>& predicates) {
  std::vector<uint32_t> places;
  for (uint32_t i = 0; i < predicates.size(); ++i) {
    if (predicates[i].path.kind == kind) places.push_back(i);
  }
  return places;
}

}  // namespace

RouteIndex::RouteIndex(std::vector<RoutePredicate> predicates)
    : predicates_(std::move(predicates)),
      exact_case_(TrieKeys(predicates_, CaseRule::kExact), CaseRule::kExact),
      any_case_(TrieKeys(predicates_, CaseRule::kIgnore), CaseRule::kIgnore),
      regexes_(PlacesOf(Kind::kRegex, predicates_)),
      connects_(PlacesOf(Kind::kConnect, predicates_)) {}

uint32_t RouteIndex::Find(const RouteRequest& request) const {
  uint32_t best = kNone;
  if (request.has_path) {
    const auto accepts = [&](uint32_t route) {
      return predicates_[route].conditions.Match(request);
    };
    best = exact_case_.Walk(request.path, best, accepts);
    best = any_case_.Walk(request.path, best, accepts);
    best = FindFirst(regexes_, request, best);
  }
  return request.connect ? FindFirst(connects_, request, best) : best;
}

uint32_t RouteIndex::FindFirst(const std::vector<uint32_t>& routes, const RouteRequest& request,
                               uint32_t best) const {
  for (const uint32_t route : routes) {
    if (route >= best) break;
    if (predicates_[route].Matches(request)) return route;
  }
  return best;
}

}  // namespace sluice
