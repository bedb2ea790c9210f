#include "source/upstream/balancers/subset_index.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/string_view.h"

namespace sluice {
namespace {

const EndpointMetadata::Entry* Find(const EndpointMetadata* metadata, absl::string_view key) {
  if (metadata == nullptr) return nullptr;
  for (const EndpointMetadata::Entry& entry : metadata->entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

uint64_t HashOfKeys(const std::vector<std::string>& keys) {
  uint64_t hash = 0;
  for (const std::string& key : keys) hash = KeyValues::AddKey(hash, key);
  return hash;
}

}  // namespace

class SubsetBuilder {
 public:
  SubsetBuilder(const std::vector<HostEntry>& entries, const BalancerSpec& spec,
                const AssignmentPolicy& policy, MonotonicTime now)
      : entries_(entries), subsets_(*spec.subsets), spec_(spec), policy_(policy), now_(now) {
    index_->spec_ = spec.subsets;
    spec_.subsets = nullptr;
    spec_.locality_weighted = spec.locality_weighted && subsets_.locality_weight_aware;
    if (spec_.locality_weighted && subsets_.scale_locality_weight) {
      for (const HostEntry& entry : entries_) ++hosts_of_[entry.traits.locality.get()];
    }
  }

  std::shared_ptr<const SubsetIndex> Build() {
    for (uint32_t i = 0; i < subsets_.selectors.size(); ++i) {
      const SubsetSelector& selector = subsets_.selectors[i];
      // One with the keys of an earlier one would put every host there once more.
      const auto at = index_->selector_by_keys_.try_emplace(HashOfKeys(selector.keys), i);
      if (!at.second) continue;
      for (const HostEntry& entry : entries_) AddTo(selector, entry, 0, 0);
    }
    AddDefault();
    for (std::vector<HostEntry>& members : members_) {
      if (spec_.locality_weighted && subsets_.scale_locality_weight) ScaleLocalities(members);
      index_->sets_.push_back(MakeHostSet(std::move(members), spec_, policy_, now_));
    }
    return std::move(index_);
  }

 private:
  // Puts the host into the subset of its values; with list_as_any into one for each item of a list.
  void AddTo(const SubsetSelector& selector, const HostEntry& entry, size_t at, uint64_t hash) {
    if (at == selector.keys.size()) {
      const auto [place, is_new] =
          index_->set_by_values_.try_emplace(hash, static_cast<uint32_t>(members_.size()));
      if (is_new) members_.emplace_back();
      std::vector<HostEntry>& members = members_[place->second];
      // A list may name an item twice.
      if (members.empty() || members.back().host != entry.host) members.push_back(entry);
      return;
    }
    const std::string& key = selector.keys[at];
    const EndpointMetadata::Entry* const has = Find(entry.traits.metadata.get(), key);
    if (has == nullptr) return;
    if (!subsets_.list_as_any || has->items.empty()) {
      return AddTo(selector, entry, at + 1, KeyValues::AddEntry(hash, key, has->value));
    }
    for (const std::string& item : has->items) {
      AddTo(selector, entry, at + 1, KeyValues::AddEntry(hash, key, item));
    }
  }

  void AddDefault() {
    std::vector<HostEntry> members;
    for (const HostEntry& entry : entries_) {
      if (HasDefault(entry)) members.push_back(entry);
    }
    if (members.empty()) return;
    index_->default_subset_ = static_cast<uint32_t>(members_.size());
    members_.push_back(std::move(members));
  }

  bool HasDefault(const HostEntry& entry) const {
    for (const KeyValue& wanted : subsets_.default_subset.entries()) {
      const EndpointMetadata::Entry* const has = Find(entry.traits.metadata.get(), wanted.key);
      if (has == nullptr) return false;
      const bool in_list = subsets_.list_as_any && std::find(has->items.begin(), has->items.end(),
                                                             wanted.value) != has->items.end();
      if (has->value != wanted.value && !in_list) return false;
    }
    return true;
  }

  // A locality weighs what part of its hosts is in the subset.
  void ScaleLocalities(std::vector<HostEntry>& members) const {
    absl::flat_hash_map<const LocalityGroup*, uint32_t> here;
    for (const HostEntry& member : members) ++here[member.traits.locality.get()];
    absl::flat_hash_map<const LocalityGroup*, std::shared_ptr<const LocalityGroup>> scaled;
    for (const auto& [group, count] : here) {
      if (group == nullptr) continue;
      LocalityGroup copy = *group;
      const double part = static_cast<double>(count) / hosts_of_.at(group);
      copy.weight = copy.weight == 0
                        ? 0
                        : std::max(1u, static_cast<uint32_t>(std::lround(copy.weight * part)));
      scaled[group] = std::make_shared<const LocalityGroup>(std::move(copy));
    }
    for (HostEntry& member : members) {
      if (member.traits.locality != nullptr)
        member.traits.locality = scaled[member.traits.locality.get()];
    }
  }

  const std::vector<HostEntry>& entries_;
  const SubsetSpec& subsets_;
  BalancerSpec spec_;  // of each subset
  const AssignmentPolicy& policy_;
  const MonotonicTime now_;
  absl::flat_hash_map<const LocalityGroup*, uint32_t> hosts_of_;
  std::vector<std::vector<HostEntry>> members_;
  std::unique_ptr<SubsetIndex> index_ = std::make_unique<SubsetIndex>();
};

std::shared_ptr<const SubsetIndex> SubsetIndex::Make(const std::vector<HostEntry>& entries,
                                                     const BalancerSpec& spec,
                                                     const AssignmentPolicy& policy,
                                                     MonotonicTime now) {
  return SubsetBuilder(entries, spec, policy, now).Build();
}

SubsetIndex::Choice SubsetIndex::Find(const KeyValues* wanted) const {
  if (wanted == nullptr || wanted->empty()) return FallBack(spec_->fallback);
  uint64_t keys = wanted->keys_hash(), values = wanted->hash();
  bool fell_back = false;
  // Each time around with fewer keys.
  while (true) {
    const auto selector = selector_by_keys_.find(keys);
    if (selector == selector_by_keys_.end()) return FallBack(spec_->fallback);
    const auto set = set_by_values_.find(values);
    if (set != set_by_values_.end()) return {set->second, fell_back};
    const SubsetSelector& without = spec_->selectors[selector->second];
    if (without.fallback == SubsetFallback::kNotDefined) return FallBack(spec_->fallback);
    if (without.fallback != SubsetFallback::kKeysSubset) return FallBack(without.fallback);
    fell_back = true;
    keys = values = 0;
    for (const KeyValue& entry : wanted->entries()) {
      const auto& kept = without.fallback_keys;
      if (!std::binary_search(kept.begin(), kept.end(), entry.key)) continue;
      keys = KeyValues::AddKey(keys, entry.key);
      values = KeyValues::AddEntry(values, entry.key, entry.value);
    }
  }
}

uint64_t SubsetIndex::NotIn(const SubsetIndex* other) const {
  if (other == nullptr) return set_by_values_.size();
  uint64_t count = 0;
  for (const auto& [values, set] : set_by_values_) count += !other->set_by_values_.contains(values);
  return count;
}

SubsetIndex::Choice SubsetIndex::FallBack(SubsetFallback fallback) const {
  if (fallback == SubsetFallback::kAny) return {kAny, true};
  const bool to_default = fallback == SubsetFallback::kDefaultSubset;
  if (!to_default) return {kNobody, true};
  return {default_subset_, true, spec_->panic_mode_any};
}

}  // namespace sluice
