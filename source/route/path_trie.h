// PathTrie: which routes a path leads to, for routes whose paths are plain texts (exact, prefix,
// prefix up to a '/'). A radix tree laid out in arrays; one walk down along the path meets every
// candidate.
//
// Const after it was made; any thread; Walk allocates nothing, and its cost grows with the length
// of the path, not with the number of routes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"
#include "source/http/match/string_match.h"

namespace sluice {

class PathTrie {
 public:
  // How a path may go on after a key's text.
  enum class Ending : uint8_t { kAnything, kSlashOrEnd, kEnd, kCount };
  static constexpr uint32_t kNone = UINT32_MAX;

  struct Key {
    std::string text;
    Ending ending;
    uint32_t route;    // its place in the list: the lower one wins
    bool conditional;  // the path alone does not decide
  };

  // With CaseRule::kIgnore, keys and paths are compared without regard to case.
  PathTrie(std::vector<Key> keys, CaseRule case_rule);

  bool empty() const { return entries_.empty(); }

  // The lowest route below `best` that `path` leads to and, where it is conditional,
  // `accepts(route)` agrees to; `best` when there is none.
  template <class Accepts>
  uint32_t Walk(absl::string_view path, uint32_t best, Accepts&& accepts) const;

 private:
  struct List {
    uint32_t begin = 0, end = 0;  // in entries_, ascending by route
  };
  struct Node {
    uint32_t label = 0, label_bytes = 0;  // in labels_
    uint32_t first_child = 0, child_count = 0;
    uint32_t least = kNone;  // the lowest route in this subtree
    List lists[static_cast<int>(Ending::kCount)];
  };
  struct Entry {
    uint32_t route;
    bool conditional;
  };
  struct Builder;

  bool StartsWith(absl::string_view path, absl::string_view label) const;
  char Fold(char c) const {
    return case_rule_ == CaseRule::kExact
               ? c
               : static_cast<char>(absl::ascii_tolower(static_cast<unsigned char>(c)));
  }
  template <class Accepts>
  uint32_t Scan(const List& list, uint32_t best, Accepts& accepts) const;
  uint32_t FindChild(const Node& node, char first) const;

  CaseRule case_rule_;
  std::vector<Node> nodes_;  // children of one node are neighbours
  std::string first_bytes_;  // of each node's label, at the node's index: searched by memchr
  std::string labels_;
  std::vector<Entry> entries_;
};

template <class Accepts>
uint32_t PathTrie::Scan(const List& list, uint32_t best, Accepts& accepts) const {
  for (uint32_t i = list.begin; i < list.end; ++i) {
    const Entry& entry = entries_[i];
    if (entry.route >= best) break;
    if (!entry.conditional || accepts(entry.route)) return entry.route;
  }
  return best;
}

template <class Accepts>
uint32_t PathTrie::Walk(absl::string_view path, uint32_t best, Accepts&& accepts) const {
  uint32_t at = empty() ? kNone : 0;
  while (at != kNone) {
    const Node& node = nodes_[at];
    if (node.least >= best) break;
    const absl::string_view label(labels_.data() + node.label, node.label_bytes);
    if (!StartsWith(path, label)) break;
    path.remove_prefix(label.size());
    best = Scan(node.lists[static_cast<int>(Ending::kAnything)], best, accepts);
    if (path.empty() || path[0] == '/') {
      best = Scan(node.lists[static_cast<int>(Ending::kSlashOrEnd)], best, accepts);
    }
    if (path.empty()) return Scan(node.lists[static_cast<int>(Ending::kEnd)], best, accepts);
    at = FindChild(node, Fold(path[0]));
  }
  return best;
}

}  // namespace sluice
