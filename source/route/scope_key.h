// ScopeFragment, ScopeIndex: to which scope of routes a request belongs, by what its headers say: a
// key of several pieces, each a part of a header, and the scopes by their keys.
//
// Const values; any thread. Looking up allocates nothing, of however many pieces a key is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "source/http/headers.h"
#include "source/http/match/header_key.h"

namespace sluice {

// One piece of a key. Of a header that comes in several lines the first counts, as in Envoy.
struct ScopeFragment {
  HeaderKey header;
  std::string element_separator;  // between elements; empty: the whole value is one
  uint32_t index = 0;             // which element it is, where there is no key
  // Not empty: it is the value of the first element with this key, which `key_separator` ends.
  std::string key, key_separator;

  // nullopt: the header is not there, or has no such element.
  std::optional<absl::string_view> Extract(const Headers& headers) const;
};

class ScopeIndex {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  // Of two scopes with one key the later counts.
  void Put(const std::vector<std::string>& key, uint32_t scope);
  // kNone: there is none of the request's key, or the request has none.
  uint32_t Find(const std::vector<ScopeFragment>& fragments, const Headers& headers) const;

 private:
  // What the pieces so far have led to.
  struct Node {
    absl::flat_hash_map<std::string, uint32_t> next;
    uint32_t scope = kNone;
  };
  std::vector<Node> nodes_{1};
};

}  // namespace sluice
