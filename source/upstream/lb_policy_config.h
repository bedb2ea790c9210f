// Balancing policies, typed and legacy, to parts of a BalancerSpec: what lb_config.cc is made of.
// Main thread, at load.
//
// The legacy messages and the extensions have the same fields, so readers take either.
#pragma once

#include <optional>

#include "absl/strings/str_cat.h"
#include "source/config/field_scope.h"
#include "source/config/proto_fields.h"
#include "source/upstream/balancer_spec.h"
#include "source/upstream/balancers/maglev_table.h"

namespace envoy::config::cluster::v3 {
class LoadBalancingPolicy;
}

namespace sluice {

// The first policy that is known is used, as the API says.
void ParsePolicyList(const envoy::config::cluster::v3::LoadBalancingPolicy& list,
                     const FieldScope& scope, BalancerSpec& spec);

// ---- Parts of a policy.

template <class Config>
SlowStart ParseSlowStart(const Config& config, const FieldScope& scope) {
  SlowStart parsed;
  if (!config.has_slow_start_config()) return parsed;
  const auto& slow_start = config.slow_start_config();
  const FieldScope field = scope.At("slow_start_config");
  if (!Required(slow_start, "slow_start_window", field)) return parsed;
  parsed.window = DurationOr(slow_start, "slow_start_window", parsed.window, field,
                             {.min = std::chrono::milliseconds(1)});
  if (slow_start.has_aggression()) {
    constexpr double kAggressionMin = 0.01;
    const auto& aggression = slow_start.aggression();
    parsed.aggression =
        RuntimeNumber(aggression.default_value(), aggression.runtime_key(), kAggressionMin);
    if (!(parsed.aggression > 0)) {
      field.At("aggression.default_value").Error("must be greater than 0");
    }
  }
  if (slow_start.has_min_weight_percent()) {
    const std::optional<double> percent =
        ReadPercent(slow_start.min_weight_percent(), field.At("min_weight_percent"));
    parsed.weight_min = percent.value_or(10.0) / 100.0;
  }
  // A weight of 0 would be no weight.
  if (parsed.weight_min < 1e-6) parsed.weight_min = 1e-6;
  return parsed;
}

template <class Config>
void ParseZoneAware(const Config& config, const FieldScope& scope, BalancerSpec& spec) {
  if (config.has_routing_enabled()) {
    spec.zone_aware.routing_percent =
        ReadPercent(config.routing_enabled(), scope.At("routing_enabled")).value_or(100.0);
  }
  spec.zone_aware.hosts_min = UInt64Or(config, "min_cluster_size", spec.zone_aware.hosts_min);
  spec.zone_aware.fails_in_panic = config.fail_traffic_on_panic();
}

template <class Config>
void ParseLeastRequest(const Config& config, const FieldScope& scope, BalancerSpec& spec) {
  LeastRequestSpec& parsed = spec.least_request;
  // Each choice costs time in every request.
  parsed.choices = UInt32Or(config, "choice_count", parsed.choices, scope, {.min = 2, .max = 1000});
  if (config.has_active_request_bias()) {
    parsed.active_request_bias = RuntimeNumber(config.active_request_bias().default_value(),
                                               config.active_request_bias().runtime_key());
    if (!(parsed.active_request_bias >= 0)) {
      scope.At("active_request_bias.default_value").Error("must be at least 0");
    }
  }
  spec.slow_start = ParseSlowStart(config, scope);
}

template <class Config>
void ParseRingSizes(const Config& config, const FieldScope& scope, BalancerSpec& spec) {
  constexpr uint64_t kSizeMax = 8 * 1024 * 1024;
  RingHashSpec& ring = spec.ring_hash;
  ring.ring_size_min = UInt64Or(config, "minimum_ring_size", ring.ring_size_min);
  ring.ring_size_max = UInt64Or(config, "maximum_ring_size", ring.ring_size_max);
  if (ring.ring_size_min < 1 || ring.ring_size_min > kSizeMax)
    scope.At("minimum_ring_size").Error("must be from 1 to 8388608");
  if (ring.ring_size_max < 1 || ring.ring_size_max > kSizeMax)
    scope.At("maximum_ring_size").Error("must be from 1 to 8388608");
  if (ring.ring_size_max < ring.ring_size_min)
    scope.At("maximum_ring_size").Error("must be at least minimum_ring_size");
}

template <class Config>
void ParseMaglevSize(const Config& config, const FieldScope& scope, BalancerSpec& spec) {
  spec.maglev_table_size = UInt64Or(config, "table_size", spec.maglev_table_size);
  if (spec.maglev_table_size > 5'000'011) {
    scope.At("table_size").Error("must be at most 5000011");
  } else if (spec.maglev_table_size < 3 || !IsPrime(spec.maglev_table_size)) {
    scope.At("table_size").Error("must be a prime number", "65537");
  }
}

template <class Config>
void ParseConsistentHashing(const Config& config, const FieldScope& scope, BalancerSpec& spec) {
  spec.hash_by_hostname = config.use_hostname_for_hashing();
  spec.hash_balance_percent =
      UInt32Or(config, "hash_balance_factor", spec.hash_balance_percent, scope, {.min = 100});
}

}  // namespace sluice
