#include "source/upstream/lb_subset_config.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "source/config/value_text.h"

namespace sluice {
namespace {

using Config = envoy::config::cluster::v3::Cluster::LbSubsetConfig;
using Selector = Config::LbSubsetSelector;
using StringList = google::protobuf::RepeatedPtrField<std::string>;

SubsetFallback FallbackOf(Config::LbSubsetFallbackPolicy policy) {
  switch (policy) {
    case Config::ANY_ENDPOINT:
      return SubsetFallback::kAny;
    case Config::DEFAULT_SUBSET:
      return SubsetFallback::kDefaultSubset;
    default:
      return SubsetFallback::kNone;
  }
}

SubsetFallback FallbackOf(Selector::LbSubsetSelectorFallbackPolicy policy) {
  switch (policy) {
    case Selector::NO_FALLBACK:
      return SubsetFallback::kNone;
    case Selector::ANY_ENDPOINT:
      return SubsetFallback::kAny;
    case Selector::DEFAULT_SUBSET:
      return SubsetFallback::kDefaultSubset;
    case Selector::KEYS_SUBSET:
      return SubsetFallback::kKeysSubset;
    default:
      return SubsetFallback::kNotDefined;
  }
}

std::vector<std::string> InOrder(const StringList& list) {
  std::vector<std::string> keys(list.begin(), list.end());
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

SubsetSelector ParseSelector(const Selector& selector, const FieldScope& scope) {
  SubsetSelector parsed;
  parsed.keys = InOrder(selector.keys());
  if (parsed.keys.empty()) scope.At("keys").Error("must name a key");
  parsed.fallback = FallbackOf(selector.fallback_policy());
  parsed.fallback_keys = InOrder(selector.fallback_keys_subset());
  if (parsed.fallback != SubsetFallback::kKeysSubset) return parsed;
  const bool fewer = parsed.fallback_keys.size() < parsed.keys.size() &&
                     std::includes(parsed.keys.begin(), parsed.keys.end(),
                                   parsed.fallback_keys.begin(), parsed.fallback_keys.end());
  if (parsed.fallback_keys.empty() || !fewer) {
    scope.At("fallback_keys_subset").Error("must be some, but not all, of the selector's keys");
  }
  return parsed;
}

}  // namespace

std::shared_ptr<const SubsetSpec> ParseSubsets(const Config& config, const FieldScope& scope) {
  if (config.subset_selectors().empty()) return nullptr;
  auto parsed = std::make_shared<SubsetSpec>();
  parsed->fallback = FallbackOf(config.fallback_policy());
  parsed->default_subset = ReadKeyValues(config.default_subset());
  for (int i = 0; i < config.subset_selectors_size(); ++i) {
    parsed->selectors.push_back(
        ParseSelector(config.subset_selectors(i), scope.At("subset_selectors", i)));
  }
  parsed->locality_weight_aware = config.locality_weight_aware();
  parsed->scale_locality_weight = config.scale_locality_weight();
  parsed->panic_mode_any = config.panic_mode_any();
  parsed->list_as_any = config.list_as_any();
  parsed->fallback_list = config.metadata_fallback_policy() == Config::FALLBACK_LIST;
  return parsed;
}

}  // namespace sluice
