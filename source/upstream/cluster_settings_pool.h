// ClusterSettingsPool: finds settings that another cluster has already, so that ten thousand
// clusters made by one template hold them once.
//
// Main thread. What no cluster has any longer is forgotten when many others have come.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "source/upstream/cluster_spec.h"

namespace sluice {

class ClusterSettingsPool {
 public:
  // `hash` is that of what `settings` were made of: see SpecHashes.
  std::shared_ptr<const ClusterSettings> Share(uint64_t hash,
                                               std::shared_ptr<const ClusterSettings> settings) {
    const auto [known, added] = settings_.try_emplace(hash, std::move(settings));
    std::shared_ptr<const ClusterSettings> shared = known->second;
    if (added && settings_.size() > forget_at_) ForgetUnused();
    return shared;
  }
  size_t size() const { return settings_.size(); }  // unused ones among them

 private:
  void ForgetUnused() {
    absl::erase_if(settings_, [](const auto& entry) { return entry.second.use_count() == 1; });
    forget_at_ = 2 * settings_.size() + kForgetAtLeast;
  }
  static constexpr size_t kForgetAtLeast = 64;
  absl::flat_hash_map<uint64_t, std::shared_ptr<const ClusterSettings>> settings_;
  size_t forget_at_ = kForgetAtLeast;
};

}  // namespace sluice
