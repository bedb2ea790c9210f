// BalancerSpec: how a cluster's hosts share its traffic, as configured; made by lb_config.cc.
// AssignmentPolicy: what the list of endpoints says about that. Const values.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "source/base/key_values.h"
#include "source/base/units.h"
#include "source/config/runtime_value.h"

namespace sluice {

enum class BalancerPolicy : uint8_t {
  kRoundRobin,
  kLeastRequest,
  kRandom,
  kRingHash,
  kMaglev,
  kPeakEwma,
};

// slow_start_config: a host that is new, or fit for traffic again, gets more and more of its share.
struct SlowStart {
  Duration window{0};  // 0: none
  RuntimeNumber aggression = 1.0;
  double weight_min = 0.10;  // of its own
};

// zone_aware_lb_config: where the proxy's own cluster is known, traffic stays in its locality.
struct ZoneAware {
  RuntimeNumber routing_percent = 100;  // of the traffic goes by it
  uint64_t hosts_min = 6;               // healthy ones of the cluster
  // Instead of all hosts those of a priority in panic get nothing, and its requests fail.
  bool fails_in_panic = false;
};

struct LeastRequestSpec {
  uint32_t choices = 2;
  RuntimeNumber active_request_bias = 1.0;
  bool full_scan = false;
};

enum class RingHashFunction : uint8_t { kXxHash, kMurmurHash2 };

struct RingHashSpec {
  uint64_t ring_size_min = 1024;
  uint64_t ring_size_max = 8 * 1024 * 1024;
  RingHashFunction function = RingHashFunction::kXxHash;
};

struct PeakEwmaSpec {
  Duration decay = std::chrono::seconds(10);  // answers of so long ago count 1/e
};

// lb_subset_config: traffic that asks for certain metadata goes to the endpoints that have it.
enum class SubsetFallback : uint8_t { kNotDefined, kNone, kAny, kDefaultSubset, kKeysSubset };
struct SubsetSelector {
  std::vector<std::string> keys;                          // in order, no two the same
  SubsetFallback fallback = SubsetFallback::kNotDefined;  // kNotDefined: the cluster's
  std::vector<std::string> fallback_keys;                 // some of `keys`, in order
};
struct SubsetSpec {
  SubsetFallback fallback = SubsetFallback::kNone;
  KeyValues default_subset;
  std::vector<SubsetSelector> selectors;
  bool locality_weight_aware = false;
  bool scale_locality_weight = false;
  bool panic_mode_any = false;
  bool list_as_any = false;
  bool fallback_list = false;  // metadata_fallback_policy: a request may ask for one after another
};

struct BalancerSpec {
  BalancerPolicy policy = BalancerPolicy::kRoundRobin;
  RuntimeNumber panic_threshold_percent = 50.0;  // 0: no panic
  bool locality_weighted = false;                // else zone aware, but for balancers that hash
  ZoneAware zone_aware;
  bool ignore_new_hosts_until_first_check = false;
  SlowStart slow_start;
  LeastRequestSpec least_request;
  RingHashSpec ring_hash;
  uint64_t maglev_table_size = 65537;
  bool hash_by_hostname = false;
  uint32_t hash_balance_percent = 0;  // hash_balance_factor; 0: no bound
  PeakEwmaSpec peak_ewma;
  std::shared_ptr<const SubsetSpec> subsets;  // null: none

  bool hashes() const {
    return policy == BalancerPolicy::kRingHash || policy == BalancerPolicy::kMaglev;
  }
};

struct AssignmentPolicy {
  // A priority counts as whole while its fit part times this is at least 100 %.
  uint32_t overprovisioning_percent = 140;
  bool weighted_priority_health = false;  // the fit part is counted by weight, not by hosts
  // drop_overloads: so many of a million requests are refused, to spare the hosts.
  uint32_t drop_per_million = 0;
  friend bool operator==(const AssignmentPolicy&, const AssignmentPolicy&) = default;
};

}  // namespace sluice
