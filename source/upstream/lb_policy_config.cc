#include "source/upstream/lb_policy_config.h"

#include <string>

#include "absl/strings/string_view.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/extensions/load_balancing_policies/least_request/v3/least_request.pb.h"
#include "envoy/extensions/load_balancing_policies/maglev/v3/maglev.pb.h"
#include "envoy/extensions/load_balancing_policies/random/v3/random.pb.h"
#include "envoy/extensions/load_balancing_policies/ring_hash/v3/ring_hash.pb.h"
#include "envoy/extensions/load_balancing_policies/round_robin/v3/round_robin.pb.h"
#include "envoy/extensions/load_balancing_policies/wrr_locality/v3/wrr_locality.pb.h"
#include "sluice/extensions/load_balancing_policies/peak_ewma/v1/peak_ewma.pb.h"
#include "source/config/any_unpack.h"

namespace sluice {
namespace {

namespace lb = envoy::extensions::load_balancing_policies;
using google::protobuf::Any;
using PeakEwmaConfig = sluice::extensions::load_balancing_policies::peak_ewma::v1::PeakEwma;

template <class Config>
void ParseLocality(const Config& config, const FieldScope& scope, BalancerSpec& spec) {
  if (!config.has_locality_lb_config()) return;
  const auto& locality = config.locality_lb_config();
  if (locality.has_locality_weighted_lb_config()) spec.locality_weighted = true;
  ParseZoneAware(locality.zone_aware_lb_config(),
                 scope.At("locality_lb_config.zone_aware_lb_config"), spec);
}

template <class Config>
void ParseHashing(const Config& config, const FieldScope& scope, BalancerSpec& spec) {
  if (config.has_locality_weighted_lb_config()) spec.locality_weighted = true;
  if (!config.has_consistent_hashing_lb_config()) return;
  ParseConsistentHashing(config.consistent_hashing_lb_config(),
                         scope.At("consistent_hashing_lb_config"), spec);
}

void ParseTyped(const lb::round_robin::v3::RoundRobin& config, const FieldScope& scope,
                BalancerSpec& spec) {
  spec.policy = BalancerPolicy::kRoundRobin;
  spec.slow_start = ParseSlowStart(config, scope);
  ParseLocality(config, scope, spec);
}

void ParseTyped(const lb::least_request::v3::LeastRequest& config, const FieldScope& scope,
                BalancerSpec& spec) {
  spec.policy = BalancerPolicy::kLeastRequest;
  ParseLeastRequest(config, scope, spec);
  ParseLocality(config, scope, spec);
  spec.least_request.full_scan =
      config.selection_method() == lb::least_request::v3::LeastRequest::FULL_SCAN ||
      config.enable_full_scan().value();
}

void ParseTyped(const lb::random::v3::Random& config, const FieldScope& scope, BalancerSpec& spec) {
  spec.policy = BalancerPolicy::kRandom;
  ParseLocality(config, scope, spec);
}

void ParseTyped(const lb::ring_hash::v3::RingHash& config, const FieldScope& scope,
                BalancerSpec& spec) {
  spec.policy = BalancerPolicy::kRingHash;
  if (config.hash_function() == lb::ring_hash::v3::RingHash::MURMUR_HASH_2)
    spec.ring_hash.function = RingHashFunction::kMurmurHash2;
  ParseRingSizes(config, scope, spec);
  // The message has, deprecated, the fields of its consistent_hashing_lb_config.
  if (!config.has_consistent_hashing_lb_config()) ParseConsistentHashing(config, scope, spec);
  ParseHashing(config, scope, spec);
}

void ParseTyped(const lb::maglev::v3::Maglev& config, const FieldScope& scope, BalancerSpec& spec) {
  spec.policy = BalancerPolicy::kMaglev;
  ParseMaglevSize(config, scope, spec);
  ParseHashing(config, scope, spec);
}

void ParseTyped(const lb::wrr_locality::v3::WrrLocality& config, const FieldScope& scope,
                BalancerSpec& spec) {
  spec.locality_weighted = true;
  ParsePolicyList(config.endpoint_picking_policy(), scope.At("endpoint_picking_policy"), spec);
}

void ParseTyped(const PeakEwmaConfig& config, const FieldScope& scope, BalancerSpec& spec) {
  spec.policy = BalancerPolicy::kPeakEwma;
  spec.peak_ewma.decay = DurationOr(config, "decay_time", spec.peak_ewma.decay, scope,
                                    {.min = std::chrono::milliseconds(1)});
}

template <class Config>
void UnpackAndParse(const Any& any, const FieldScope& scope, BalancerSpec& spec) {
  const std::optional<Config> config = Unpack<Config>(any, scope);
  if (config.has_value()) ParseTyped(*config, scope, spec);
}

struct Policy {
  absl::string_view type;
  void (*parse)(const Any& any, const FieldScope& scope, BalancerSpec& spec);
};
constexpr Policy kPolicies[] = {
    {"envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin",
     &UnpackAndParse<lb::round_robin::v3::RoundRobin>},
    {"envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest",
     &UnpackAndParse<lb::least_request::v3::LeastRequest>},
    {"envoy.extensions.load_balancing_policies.random.v3.Random",
     &UnpackAndParse<lb::random::v3::Random>},
    {"envoy.extensions.load_balancing_policies.ring_hash.v3.RingHash",
     &UnpackAndParse<lb::ring_hash::v3::RingHash>},
    {"envoy.extensions.load_balancing_policies.maglev.v3.Maglev",
     &UnpackAndParse<lb::maglev::v3::Maglev>},
    {"envoy.extensions.load_balancing_policies.wrr_locality.v3.WrrLocality",
     &UnpackAndParse<lb::wrr_locality::v3::WrrLocality>},
    {"sluice.extensions.load_balancing_policies.peak_ewma.v1.PeakEwma",
     &UnpackAndParse<PeakEwmaConfig>},
};

}  // namespace

void ParsePolicyList(const envoy::config::cluster::v3::LoadBalancingPolicy& list,
                     const FieldScope& scope, BalancerSpec& spec) {
  std::string names;
  for (int i = 0; i < list.policies_size(); ++i) {
    const auto& extension = list.policies(i).typed_extension_config();
    const std::string type = ContentType(extension.typed_config());
    const FieldScope entry = scope.At("policies", i);
    for (const Policy& policy : kPolicies) {
      if (policy.type != type) continue;
      const FieldScope field = entry.At("typed_extension_config.typed_config");
      return policy.parse(extension.typed_config(), field, spec);
    }
    absl::StrAppend(&names, names.empty() ? "" : ", ", type.empty() ? extension.name() : type);
  }
  scope.At("policies")
      .Error(names.empty() ? "must name a policy" : absl::StrCat("none is supported of ", names),
             kPolicies[0].type);
}

}  // namespace sluice
