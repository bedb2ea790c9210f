// KeyValues: a small set of keys with values, made once and compared often: sorted, with hashes of
// the keys and of the whole. A const value.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"

namespace sluice {

struct KeyValue {
  std::string key, value;
  friend bool operator==(const KeyValue&, const KeyValue&) = default;
};

class KeyValues {
 public:
  KeyValues() = default;
  explicit KeyValues(std::vector<KeyValue> entries) : entries_(std::move(entries)) {
    std::sort(entries_.begin(), entries_.end(),
              [](const KeyValue& a, const KeyValue& b) { return a.key < b.key; });
    for (const KeyValue& entry : entries_) {
      keys_hash_ = AddKey(keys_hash_, entry.key);
      hash_ = AddEntry(hash_, entry.key, entry.value);
    }
  }

  const std::vector<KeyValue>& entries() const { return entries_; }
  bool empty() const { return entries_.empty(); }
  // Of one process only.
  uint64_t keys_hash() const { return keys_hash_; }
  uint64_t hash() const { return hash_; }
  // The same hashes of entries that stand elsewhere: start from 0, in the order of the keys.
  static uint64_t AddKey(uint64_t hash, absl::string_view key) { return absl::HashOf(hash, key); }
  static uint64_t AddEntry(uint64_t hash, absl::string_view key, absl::string_view value) {
    return absl::HashOf(hash, key, value);
  }
  friend bool operator==(const KeyValues& a, const KeyValues& b) {
    return a.entries_ == b.entries_;
  }

 private:
  std::vector<KeyValue> entries_;
  uint64_t keys_hash_ = 0;
  uint64_t hash_ = 0;
};

// What a request asks of its host's metadata.
struct MetadataMatch {
  KeyValues as_is;
  // What else it says under the key fallback_list, for clusters that go by it: these, one after the
  // other, instead of `as_is`. Empty: it has no such key.
  std::vector<KeyValues> list = {};
};

}  // namespace sluice
