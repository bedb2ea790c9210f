// SharedMap: a map by name in parts, whose copies share every part that is the same in both: what a
// change costs grows with the change, and not with the map.
//
// Const after it was made, any thread; Find allocates nothing. Edits are made on the main thread.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace sluice {

template <class Value>
class SharedMap {
 public:
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // Null: there is none.
  const Value* Find(absl::string_view key) const {
    if (size_ == 0) return nullptr;
    const size_t hash = HashOf(key);
    const Part& part = *parts_[Place(hash)];
    const auto at = part.find(key, hash);
    return at == part.end() ? nullptr : &at->second;
  }
  // In no order.
  template <class Visit>
  void ForEach(const Visit& visit) const {
    for (const auto& part : parts_) {
      for (const auto& [key, value] : *part) visit(key, value);
    }
  }
  // Of every part that `other` does not share: all that is other than there, and some that is not.
  template <class Visit>
  void ForEachUnshared(const SharedMap& other, const Visit& visit) const {
    const bool comparable = parts_.size() == other.parts_.size();
    for (size_t i = 0; i < parts_.size(); ++i) {
      if (comparable && parts_[i] == other.parts_[i]) continue;
      for (const auto& [key, value] : *parts_[i]) visit(key, value);
    }
  }

  class Edit;

 private:
  using Part = absl::flat_hash_map<std::string, Value>;
  // A part that changes is copied whole.
  static constexpr size_t kPartMax = 64;

  static size_t HashOf(absl::string_view key) { return typename Part::hasher()(key); }
  // By the high bits: within a part the low ones count.
  size_t Place(size_t hash) const { return parts_.size() == 1 ? 0 : hash >> shift_; }
  void SetParts(size_t count) {
    parts_.resize(count);
    shift_ = 8 * static_cast<int>(sizeof(size_t)) - (std::bit_width(count) - 1);
  }

  std::vector<std::shared_ptr<const Part>> parts_;  // a power of two of them, or none
  int shift_ = 0;
  size_t size_ = 0;
};

// A copy that changes, until it is finished.
template <class Value>
class SharedMap<Value>::Edit {
 public:
  explicit Edit(SharedMap base) : map_(std::move(base)) { own_.resize(map_.parts_.size()); }
  // From nothing; so many are expected.
  explicit Edit(size_t expected) {
    map_.SetParts(std::bit_ceil(std::max<size_t>(1, expected * 2 / kPartMax)));
    own_.resize(map_.parts_.size());
    for (size_t i = 0; i < own_.size(); ++i) Own(i);
  }

  const Value* Find(absl::string_view key) const { return map_.Find(key); }
  // False: there is one already, and it stays.
  bool Insert(absl::string_view key, Value value) {
    if (map_.size_ >= map_.parts_.size() * kPartMax) Grow();
    const size_t hash = HashOf(key);
    if (!Own(map_.Place(hash)).try_emplace(std::string(key), std::move(value)).second) return false;
    ++map_.size_;
    return true;
  }
  // In the place of what there is, if any.
  void Put(absl::string_view key, Value value) {
    Erase(key);
    Insert(key, std::move(value));
  }
  bool Erase(absl::string_view key) {
    if (map_.Find(key) == nullptr) return false;
    Part& part = Own(map_.Place(HashOf(key)));
    part.erase(part.find(key));
    --map_.size_;
    return true;
  }
  SharedMap Finish() && { return std::move(map_); }

 private:
  Part& Own(size_t place) {
    if (own_[place] == nullptr) {
      auto copy = map_.parts_[place] == nullptr ? std::make_shared<Part>()
                                                : std::make_shared<Part>(*map_.parts_[place]);
      own_[place] = copy.get();
      map_.parts_[place] = std::move(copy);
    }
    return *own_[place];
  }
  // Seldom enough that each insertion pays for a few others.
  void Grow() {
    const SharedMap before = std::move(map_);
    map_ = SharedMap();
    map_.SetParts(std::max<size_t>(1, before.parts_.size() * 4));
    own_.assign(map_.parts_.size(), nullptr);
    for (size_t i = 0; i < own_.size(); ++i) Own(i);
    before.ForEach([&](const std::string& key, const Value& value) {
      own_[map_.Place(HashOf(key))]->try_emplace(key, value);
    });
    map_.size_ = before.size_;
  }

  SharedMap map_;
  std::vector<Part*> own_;  // those made here; null: shared still
};

}  // namespace sluice
