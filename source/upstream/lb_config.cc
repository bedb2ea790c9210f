#include "source/upstream/lb_config.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "source/config/proto_fields.h"
#include "source/upstream/lb_policy_config.h"
#include "source/upstream/lb_subset_config.h"

namespace sluice {
namespace {

namespace pb = envoy::config::cluster::v3;

// The configuration of another policy than the chosen one has no effect, as in Envoy.
void ParseLegacyRingHash(const pb::Cluster& cluster, const FieldScope& scope, BalancerSpec& spec) {
  const auto& config = cluster.ring_hash_lb_config();
  const FieldScope field = scope.At("ring_hash_lb_config");
  if (config.hash_function() == pb::Cluster::RingHashLbConfig::MURMUR_HASH_2)
    spec.ring_hash.function = RingHashFunction::kMurmurHash2;
  ParseRingSizes(config, field, spec);
}

void ParseLegacyPolicy(const pb::Cluster& cluster, const FieldScope& scope, BalancerSpec& spec) {
  switch (cluster.lb_policy()) {
    case pb::Cluster::ROUND_ROBIN:
      spec.slow_start =
          ParseSlowStart(cluster.round_robin_lb_config(), scope.At("round_robin_lb_config"));
      return;
    case pb::Cluster::LEAST_REQUEST:
      spec.policy = BalancerPolicy::kLeastRequest;
      return ParseLeastRequest(cluster.least_request_lb_config(),
                               scope.At("least_request_lb_config"), spec);
    case pb::Cluster::RANDOM:
      spec.policy = BalancerPolicy::kRandom;
      return;
    case pb::Cluster::RING_HASH:
      spec.policy = BalancerPolicy::kRingHash;
      return ParseLegacyRingHash(cluster, scope, spec);
    case pb::Cluster::MAGLEV:
      spec.policy = BalancerPolicy::kMaglev;
      return ParseMaglevSize(cluster.maglev_lb_config(), scope.At("maglev_lb_config"), spec);
    case pb::Cluster::LOAD_BALANCING_POLICY_CONFIG:
      return scope.At("load_balancing_policy")
          .Error("is required by lb_policy LOAD_BALANCING_POLICY_CONFIG");
    case pb::Cluster::CLUSTER_PROVIDED:
      if (cluster.type() == pb::Cluster::ORIGINAL_DST) return;
      return scope.At("lb_policy").Error("CLUSTER_PROVIDED is for type ORIGINAL_DST only");
    default:
      return scope.At("lb_policy")
          .Error(absl::StrCat(pb::Cluster::LbPolicy_Name(cluster.lb_policy()), " is not supported"),
                 "use ROUND_ROBIN, LEAST_REQUEST, RANDOM, RING_HASH or MAGLEV");
  }
}

void ParseCommon(const pb::Cluster::CommonLbConfig& common, const FieldScope& scope,
                 BalancerSpec& spec) {
  if (common.has_healthy_panic_threshold()) {
    const std::optional<double> threshold =
        ReadPercent(common.healthy_panic_threshold(), scope.At("healthy_panic_threshold"));
    spec.panic_threshold_percent = threshold.value_or(spec.panic_threshold_percent);
  }
  spec.locality_weighted = common.has_locality_weighted_lb_config();
  spec.ignore_new_hosts_until_first_check = common.ignore_new_hosts_until_first_hc();
  if (common.has_consistent_hashing_lb_config()) {
    ParseConsistentHashing(common.consistent_hashing_lb_config(),
                           scope.At("consistent_hashing_lb_config"), spec);
  }
  ParseZoneAware(common.zone_aware_lb_config(), scope.At("zone_aware_lb_config"), spec);
}

}  // namespace

BalancerSpec ParseBalancer(const pb::Cluster& cluster, const FieldScope& scope,
                           RuntimeKeys* runtime) {
  BalancerSpec spec;
  ParseCommon(cluster.common_lb_config(), scope.At("common_lb_config"), spec);
  // The list wins over lb_policy where both are set.
  if (cluster.has_load_balancing_policy()) {
    const FieldScope list = scope.At("load_balancing_policy");
    ParsePolicyList(cluster.load_balancing_policy(), list, spec);
  } else {
    ParseLegacyPolicy(cluster, scope, spec);
  }
  if (cluster.has_lb_subset_config()) {
    spec.subsets = ParseSubsets(cluster.lb_subset_config(), scope.At("lb_subset_config"));
  }
  // Of all clusters, by Envoy's names.
  spec.panic_threshold_percent =
      RuntimeNumber(spec.panic_threshold_percent, "upstream.healthy_panic_threshold");
  spec.zone_aware.routing_percent =
      RuntimeNumber(spec.zone_aware.routing_percent, "upstream.zone_routing.enabled");
  for (RuntimeNumber* number :
       {&spec.panic_threshold_percent, &spec.zone_aware.routing_percent,
        &spec.slow_start.aggression, &spec.least_request.active_request_bias}) {
    BindRuntime(runtime, *number);
  }
  return spec;
}

}  // namespace sluice
