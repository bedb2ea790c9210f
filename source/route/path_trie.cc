#include "source/route/path_trie.h"

#include <algorithm>
#include <cstring>
#include <tuple>
#include <utility>

namespace sluice {

// Keys sorted by text; every node is a range of them that shares its first `depth` bytes. Nodes are
// made breadth first, so that siblings are neighbours, and with a list of work instead of
// recursion: keys that are prefixes of each other nest as deep as there are keys.
struct PathTrie::Builder {
  struct Work {
    uint32_t node;
    size_t begin, end;  // in keys
    size_t depth;
  };

  PathTrie& trie;
  std::vector<Key> keys;
  std::vector<Work> work;

  void Build() {
    std::sort(keys.begin(), keys.end(), [](const Key& a, const Key& b) {
      return std::tie(a.text, a.ending, a.route) < std::tie(b.text, b.ending, b.route);
    });
    AddNode(0, keys.size(), 0);
    for (size_t i = 0; i < work.size(); ++i) Expand(Work(work[i]));
  }

  void AddNode(size_t begin, size_t end, size_t depth) {
    work.push_back({static_cast<uint32_t>(trie.nodes_.size()), begin, end, depth});
    trie.nodes_.emplace_back();
    const std::string& text = keys[begin].text;
    trie.first_bytes_ += depth < text.size() ? text[depth] : '\0';
  }

  void Expand(const Work& range) {
    // Sorted: what the first and the last key share, all share.
    const std::string& first = keys[range.begin].text;
    const std::string& last = keys[range.end - 1].text;
    const size_t shared =
        std::mismatch(first.begin(), first.end(), last.begin(), last.end()).first - first.begin();
    Node node;
    node.label = static_cast<uint32_t>(trie.labels_.size());
    node.label_bytes = static_cast<uint32_t>(shared - range.depth);
    trie.labels_.append(first, range.depth, shared - range.depth);
    for (size_t i = range.begin; i < range.end; ++i) {
      node.least = std::min(node.least, keys[i].route);
    }
    size_t at = range.begin;
    while (at < range.end && keys[at].text.size() == shared) at = AddList(node, at);
    node.first_child = static_cast<uint32_t>(trie.nodes_.size());
    while (at < range.end) {
      const char byte = keys[at].text[shared];
      size_t end = at;
      while (end < range.end && keys[end].text[shared] == byte) ++end;
      AddNode(at, end, shared);
      ++node.child_count;
      at = end;
    }
    trie.nodes_[range.node] = node;
  }

  // The keys of one text and ending. Behind an unconditional route none is ever reached.
  size_t AddList(Node& node, size_t at) {
    const Key& first = keys[at];
    List list{static_cast<uint32_t>(trie.entries_.size()), 0};
    bool reachable = true;
    for (; at < keys.size() && keys[at].text == first.text && keys[at].ending == first.ending;
         ++at) {
      if (reachable) trie.entries_.push_back({keys[at].route, keys[at].conditional});
      reachable = reachable && keys[at].conditional;
    }
    list.end = static_cast<uint32_t>(trie.entries_.size());
    node.lists[static_cast<int>(first.ending)] = list;
    return at;
  }
};

PathTrie::PathTrie(std::vector<Key> keys, CaseRule case_rule) : case_rule_(case_rule) {
  if (keys.empty()) return;
  for (Key& key : keys) {
    for (char& c : key.text) c = Fold(c);
  }
  Builder{*this, std::move(keys), {}}.Build();
}

bool PathTrie::StartsWith(absl::string_view path, absl::string_view label) const {
  if (path.size() < label.size()) return false;
  if (case_rule_ == CaseRule::kExact) {
    return path.substr(0, label.size()) == label;
  }
  for (size_t i = 0; i < label.size(); ++i) {
    if (Fold(path[i]) != label[i]) return false;
  }
  return true;
}

uint32_t PathTrie::FindChild(const Node& node, char first) const {
  if (node.child_count == 0) return kNone;
  const char* bytes = first_bytes_.data();
  const void* found = std::memchr(bytes + node.first_child, first, node.child_count);
  if (found == nullptr) return kNone;
  return static_cast<uint32_t>(static_cast<const char*>(found) - bytes);
}

}  // namespace sluice
