// SubsetIndex: the subsets of a cluster's hosts (lb_subset_config), each a HostSet of its own,
// found by the metadata that a request asks for. Const after construction, on main, part of a
// HostSet; shared by all workers.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "source/base/key_values.h"
#include "source/upstream/balancer_spec.h"
#include "source/upstream/host_set.h"

namespace sluice {

class SubsetIndex {
 public:
  // Where a request goes: an index of sets(), or one of these.
  static constexpr uint32_t kAny = 0xffffffff;     // all hosts
  static constexpr uint32_t kNobody = 0xfffffffe;  // there is no such subset
  struct Choice {
    uint32_t set;
    bool fell_back;
    bool else_any = false;  // panic_mode_any: where the set has no host to pick, all hosts
  };

  // Linear in hosts times selectors.
  static std::shared_ptr<const SubsetIndex> Make(const std::vector<HostEntry>& entries,
                                                 const BalancerSpec& spec,
                                                 const AssignmentPolicy& policy, MonotonicTime now);

  // `wanted`: null or empty where the request asks for nothing.
  Choice Find(const KeyValues* wanted) const;
  const SubsetSpec& spec() const { return *spec_; }
  absl::Span<const std::shared_ptr<const HostSet>> sets() const { return sets_; }
  // Those of selectors, as Envoy counts them: the default subset is none.
  uint64_t count() const { return set_by_values_.size(); }
  // How many of these the other one does not have. Null: it has none.
  uint64_t NotIn(const SubsetIndex* other) const;

 private:
  friend class SubsetBuilder;
  Choice FallBack(SubsetFallback fallback) const;

  std::shared_ptr<const SubsetSpec> spec_;
  absl::flat_hash_map<uint64_t, uint32_t> selector_by_keys_;  // KeyValues::keys_hash
  absl::flat_hash_map<uint64_t, uint32_t> set_by_values_;     // KeyValues::hash
  uint32_t default_subset_ = kNobody;
  std::vector<std::shared_ptr<const HostSet>> sets_;
};

}  // namespace sluice
