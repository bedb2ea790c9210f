// Balancers as configured: lb_policy, load_balancing_policy, common_lb_config, subsets, endpoints.
#include <memory>
#include <string>

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "source/config/config_errors.h"
#include "source/config/field_scope.h"
#include "source/stats/registry.h"
#include "source/upstream/cluster_config.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Parsed {
  std::shared_ptr<const ClusterSpec> spec;
  std::string errors;
};

Parsed Parse(const std::string& text) {
  static auto* const registry = new StatsRegistry();
  envoy::config::cluster::v3::Cluster cluster;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString("name: \"x\" " + text, &cluster))
      << text;
  ConfigErrors errors;
  Parsed parsed;
  parsed.spec = ParseCluster(cluster, FieldScope(errors, "c"), {.stats = *registry});
  parsed.errors = errors.ToString();
  return parsed;
}

ClusterSpec Good(const std::string& text) {
  const Parsed parsed = Parse(text);
  EXPECT_EQ(parsed.errors, "") << text;
  return parsed.spec == nullptr ? ClusterSpec() : *parsed.spec;
}

BalancerSpec Balancer(const std::string& text) { return Good(text).settings->balancer; }

void ExpectError(const std::string& text, const std::string& part) {
  const Parsed parsed = Parse(text);
  EXPECT_EQ(parsed.spec, nullptr) << text;
  EXPECT_NE(parsed.errors.find(part), std::string::npos) << parsed.errors;
}

// A load_balancing_policy's list item of this extension, with these fields.
std::string Item(const std::string& type, const std::string& fields = "") {
  return "policies { typed_extension_config { name: \"p\" typed_config { [type.googleapis.com/" +
         type + "] { " + fields + " } } } } ";
}
std::string Typed(const std::string& items) { return "load_balancing_policy { " + items + " }"; }

constexpr char kRoundRobin[] = "envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin";
constexpr char kLeastRequest[] =
    "envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest";
constexpr char kRandom[] = "envoy.extensions.load_balancing_policies.random.v3.Random";
constexpr char kRingHash[] = "envoy.extensions.load_balancing_policies.ring_hash.v3.RingHash";
constexpr char kMaglev[] = "envoy.extensions.load_balancing_policies.maglev.v3.Maglev";
constexpr char kWrrLocality[] =
    "envoy.extensions.load_balancing_policies.wrr_locality.v3.WrrLocality";
constexpr char kPeakEwma[] = "sluice.extensions.load_balancing_policies.peak_ewma.v1.PeakEwma";
constexpr char kWeighted[] = "locality_lb_config { locality_weighted_lb_config {} }";

TEST(LbConfig, DefaultsAreEnvoys) {
  const BalancerSpec spec = Balancer("");
  EXPECT_EQ(spec.policy, BalancerPolicy::kRoundRobin);
  EXPECT_EQ(spec.panic_threshold_percent, 50);
  EXPECT_FALSE(spec.locality_weighted);
  EXPECT_EQ(spec.slow_start.window, Duration::zero());
  EXPECT_EQ(spec.least_request.choices, 2u);
  EXPECT_EQ(spec.least_request.active_request_bias, 1);
  EXPECT_EQ(spec.ring_hash.ring_size_min, 1024u);
  EXPECT_EQ(spec.ring_hash.ring_size_max, 8388608u);
  EXPECT_EQ(spec.maglev_table_size, 65537u);
  EXPECT_EQ(spec.subsets, nullptr);
  EXPECT_EQ(Good("").assignment_policy.overprovisioning_percent, 140u);
}

TEST(LbConfig, EachPolicyHasTwoNames) {
  EXPECT_EQ(Balancer("lb_policy: LEAST_REQUEST").policy, BalancerPolicy::kLeastRequest);
  EXPECT_EQ(Balancer("lb_policy: RANDOM").policy, BalancerPolicy::kRandom);
  EXPECT_EQ(Balancer("lb_policy: RING_HASH").policy, BalancerPolicy::kRingHash);
  EXPECT_EQ(Balancer("lb_policy: MAGLEV").policy, BalancerPolicy::kMaglev);
  EXPECT_EQ(Balancer(Typed(Item(kRoundRobin))).policy, BalancerPolicy::kRoundRobin);
  EXPECT_EQ(Balancer(Typed(Item(kLeastRequest))).policy, BalancerPolicy::kLeastRequest);
  EXPECT_EQ(Balancer(Typed(Item(kRandom))).policy, BalancerPolicy::kRandom);
  EXPECT_EQ(Balancer(Typed(Item(kRingHash))).policy, BalancerPolicy::kRingHash);
  EXPECT_EQ(Balancer(Typed(Item(kMaglev))).policy, BalancerPolicy::kMaglev);
  EXPECT_EQ(Balancer(Typed(Item(kPeakEwma))).policy, BalancerPolicy::kPeakEwma);
}

TEST(LbConfig, ThePolicyListWinsAndItsFirstKnownPolicy) {
  const std::string unknown =
      "policies { typed_extension_config { name: \"u\" typed_config { type_url: \"a/x.Y\" } } } ";
  EXPECT_EQ(Balancer("lb_policy: MAGLEV " + Typed(Item(kRandom))).policy, BalancerPolicy::kRandom);
  EXPECT_EQ(Balancer(Typed(unknown + Item(kMaglev) + Item(kRandom))).policy,
            BalancerPolicy::kMaglev);
  ExpectError(Typed(unknown), "c.load_balancing_policy.policies: none is supported of x.Y");
  ExpectError(Typed(""), "must name a policy");
}

TEST(LbConfig, LegacyFieldsArrive) {
  const BalancerSpec least = Balancer(R"(lb_policy: LEAST_REQUEST least_request_lb_config {
    choice_count { value: 5 } active_request_bias { default_value: 0.5 runtime_key: "k" }
    slow_start_config { slow_start_window { seconds: 60 } aggression { default_value: 2 runtime_key: "k" }
      min_weight_percent { value: 20 } } })");
  EXPECT_EQ(least.least_request.choices, 5u);
  EXPECT_EQ(least.least_request.active_request_bias, 0.5);
  EXPECT_EQ(least.slow_start.window, seconds(60));
  EXPECT_EQ(least.slow_start.aggression, 2);
  EXPECT_DOUBLE_EQ(least.slow_start.weight_min, 0.2);
  EXPECT_EQ(Balancer("round_robin_lb_config { slow_start_config { slow_start_window { seconds: 9 "
                     "} } }")
                .slow_start.window,
            seconds(9));
  const BalancerSpec ring = Balancer(R"(lb_policy: RING_HASH ring_hash_lb_config {
    minimum_ring_size { value: 7 } maximum_ring_size { value: 70 } hash_function: MURMUR_HASH_2 })");
  EXPECT_EQ(ring.ring_hash.ring_size_min, 7u);
  EXPECT_EQ(ring.ring_hash.ring_size_max, 70u);
  EXPECT_EQ(ring.ring_hash.function, RingHashFunction::kMurmurHash2);
  EXPECT_EQ(Balancer("lb_policy: MAGLEV maglev_lb_config { table_size { value: 251 } }")
                .maglev_table_size,
            251u);
}

TEST(LbConfig, TypedFieldsArrive) {
  const BalancerSpec least = Balancer(Typed(Item(
      kLeastRequest, std::string("choice_count { value: 3 } selection_method: FULL_SCAN ") +
                         "slow_start_config { slow_start_window { seconds: 5 } } " + kWeighted)));
  EXPECT_EQ(least.least_request.choices, 3u);
  EXPECT_TRUE(least.least_request.full_scan);
  EXPECT_EQ(least.slow_start.window, seconds(5));
  EXPECT_TRUE(least.locality_weighted);
  EXPECT_TRUE(Balancer(Typed(Item(kLeastRequest, "enable_full_scan { value: true }")))
                  .least_request.full_scan);
  EXPECT_TRUE(Balancer(Typed(Item(kRoundRobin, kWeighted))).locality_weighted);
  EXPECT_TRUE(Balancer(Typed(Item(kRandom, kWeighted))).locality_weighted);
  const BalancerSpec ring = Balancer(Typed(Item(kRingHash, R"(hash_function: MURMUR_HASH_2
    minimum_ring_size { value: 9 } locality_weighted_lb_config {}
    consistent_hashing_lb_config { use_hostname_for_hashing: true hash_balance_factor { value: 120 } })")));
  EXPECT_EQ(ring.ring_hash.function, RingHashFunction::kMurmurHash2);
  EXPECT_EQ(ring.ring_hash.ring_size_min, 9u);
  EXPECT_TRUE(ring.locality_weighted);
  EXPECT_TRUE(ring.hash_by_hostname);
  EXPECT_EQ(ring.hash_balance_percent, 120u);
  // Deprecated, and still there.
  EXPECT_EQ(
      Balancer(Typed(Item(kRingHash, "hash_balance_factor { value: 130 }"))).hash_balance_percent,
      130u);
  EXPECT_EQ(Balancer(Typed(Item(kMaglev, "table_size { value: 13 }"))).maglev_table_size, 13u);
  EXPECT_EQ(Balancer(Typed(Item(kPeakEwma, "decay_time { nanos: 500000000 }"))).peak_ewma.decay,
            milliseconds(500));
}

TEST(LbConfig, WrrLocalityIsItsPolicyWithLocalityWeights) {
  const BalancerSpec spec = Balancer(
      Typed(Item(kWrrLocality, "endpoint_picking_policy { " + Item(kLeastRequest) + " }")));
  EXPECT_EQ(spec.policy, BalancerPolicy::kLeastRequest);
  EXPECT_TRUE(spec.locality_weighted);
  ExpectError(Typed(Item(kWrrLocality, "endpoint_picking_policy {}")),
              "typed_config.endpoint_picking_policy.policies: must name a policy");
}

TEST(LbConfig, CommonFieldsArrive) {
  const BalancerSpec spec = Balancer(R"(common_lb_config {
    healthy_panic_threshold { value: 12.5 } locality_weighted_lb_config {}
    ignore_new_hosts_until_first_hc: true
    consistent_hashing_lb_config { use_hostname_for_hashing: true hash_balance_factor { value: 150 } } })");
  EXPECT_EQ(spec.panic_threshold_percent, 12.5);
  EXPECT_TRUE(spec.locality_weighted);
  EXPECT_TRUE(spec.ignore_new_hosts_until_first_check);
  EXPECT_TRUE(spec.hash_by_hostname);
  EXPECT_EQ(spec.hash_balance_percent, 150u);
  EXPECT_EQ(Balancer("common_lb_config { healthy_panic_threshold {} }").panic_threshold_percent, 0);
}

TEST(LbConfig, ZoneAwareness) {
  const ZoneAware unset = Balancer("").zone_aware;
  EXPECT_EQ(unset.routing_percent, 100);
  EXPECT_EQ(unset.hosts_min, 6u);
  const ZoneAware set =
      Balancer(
          "common_lb_config { zone_aware_lb_config { routing_enabled { value: 40 } "
          "min_cluster_size { value: 9 } } }")
          .zone_aware;
  EXPECT_EQ(set.routing_percent, 40);
  EXPECT_EQ(set.hosts_min, 9u);
  EXPECT_FALSE(set.fails_in_panic);
  EXPECT_TRUE(Balancer("common_lb_config { zone_aware_lb_config { fail_traffic_on_panic: true } }")
                  .zone_aware.fails_in_panic);
  EXPECT_TRUE(Balancer(Typed(Item(kLeastRequest,
                                  "locality_lb_config { zone_aware_lb_config { "
                                  "fail_traffic_on_panic: true } }")))
                  .zone_aware.fails_in_panic);
}

TEST(LbConfig, BadValuesAreNamed) {
  ExpectError("common_lb_config { healthy_panic_threshold { value: 101 } }",
              "c.common_lb_config.healthy_panic_threshold");
  ExpectError("common_lb_config { zone_aware_lb_config { routing_enabled { value: 101 } } }",
              "c.common_lb_config.zone_aware_lb_config.routing_enabled");
  ExpectError(
      "common_lb_config { consistent_hashing_lb_config { hash_balance_factor { value: 99 } } }",
      "hash_balance_factor");
  ExpectError("lb_policy: MAGLEV maglev_lb_config { table_size { value: 65536 } }",
              "c.maglev_lb_config.table_size: must be a prime number");
  ExpectError("lb_policy: MAGLEV maglev_lb_config { table_size { value: 5000081 } }",
              "must be at most 5000011");
  ExpectError("lb_policy: RING_HASH ring_hash_lb_config { minimum_ring_size { value: 8388609 } }",
              "minimum_ring_size: must be from 1 to 8388608");
  ExpectError(R"(lb_policy: RING_HASH ring_hash_lb_config {
                 minimum_ring_size { value: 9 } maximum_ring_size { value: 8 } })",
              "maximum_ring_size: must be at least minimum_ring_size");
  ExpectError("lb_policy: LEAST_REQUEST least_request_lb_config { choice_count { value: 1 } }",
              "c.least_request_lb_config.choice_count");
  ExpectError(
      "lb_policy: LEAST_REQUEST least_request_lb_config { active_request_bias { "
      "default_value: -1 } }",
      "active_request_bias.default_value: must be at least 0");
  ExpectError("round_robin_lb_config { slow_start_config {} }", "slow_start_window: is required");
  ExpectError(
      "round_robin_lb_config { slow_start_config { slow_start_window { seconds: 1 } "
      "aggression { default_value: 0 } } }",
      "aggression.default_value: must be greater than 0");
  ExpectError(Typed(Item(kPeakEwma, "decay_time {}")), "typed_config.decay_time");
}

TEST(LbConfig, SubsetsArrive) {
  const BalancerSpec spec = Balancer(R"(lb_subset_config {
    fallback_policy: DEFAULT_SUBSET list_as_any: true panic_mode_any: true
    locality_weight_aware: true scale_locality_weight: true
    default_subset { fields { key: "stage" value { string_value: "prod" } } }
    subset_selectors { keys: "version" keys: "stage" fallback_policy: KEYS_SUBSET
                       fallback_keys_subset: "stage" }
    subset_selectors { keys: "stage" fallback_policy: ANY_ENDPOINT } })");
  ASSERT_NE(spec.subsets, nullptr);
  EXPECT_EQ(spec.subsets->fallback, SubsetFallback::kDefaultSubset);
  EXPECT_EQ(spec.subsets->default_subset, KeyValues(std::vector<KeyValue>{{"stage", "\"prod\""}}));
  ASSERT_EQ(spec.subsets->selectors.size(), 2u);
  EXPECT_EQ(spec.subsets->selectors[0].keys, (std::vector<std::string>{"stage", "version"}));
  EXPECT_EQ(spec.subsets->selectors[0].fallback, SubsetFallback::kKeysSubset);
  EXPECT_EQ(spec.subsets->selectors[0].fallback_keys, (std::vector<std::string>{"stage"}));
  EXPECT_EQ(spec.subsets->selectors[1].fallback, SubsetFallback::kAny);
  EXPECT_TRUE(spec.subsets->list_as_any);
  EXPECT_FALSE(spec.subsets->fallback_list);
  EXPECT_TRUE(Balancer("lb_subset_config { subset_selectors { keys: \"a\" } "
                       "metadata_fallback_policy: FALLBACK_LIST }")
                  .subsets->fallback_list);
  EXPECT_TRUE(spec.subsets->panic_mode_any);
  EXPECT_TRUE(spec.subsets->locality_weight_aware);
  EXPECT_TRUE(spec.subsets->scale_locality_weight);
  EXPECT_EQ(Balancer("lb_subset_config { fallback_policy: ANY_ENDPOINT }").subsets, nullptr);
}

TEST(LbConfig, BadSubsetsAreNamed) {
  ExpectError("lb_subset_config { subset_selectors {} }",
              "c.lb_subset_config.subset_selectors[0].keys: must name a key");
  const std::string path = "subset_selectors[0].fallback_keys_subset: must be some, but not all";
  const auto with_fallback = [](const std::string& keys) {
    return "lb_subset_config { subset_selectors { keys: \"a\" keys: \"b\" fallback_policy: "
           "KEYS_SUBSET " +
           keys + " } }";
  };
  ExpectError(with_fallback(""), path);
  ExpectError(with_fallback("fallback_keys_subset: \"c\""), path);
  ExpectError(with_fallback("fallback_keys_subset: \"a\" fallback_keys_subset: \"b\""), path);
}

// ---- Endpoints.

std::string Endpoint(int n, const std::string& more = "") {
  return "lb_endpoints { endpoint { address { socket_address { address: \"10.0.0." +
         std::to_string(n) + "\" port_value: 80 } } } " + more + " } ";
}
std::string Assignment(const std::string& groups, const std::string& more = "") {
  return "load_assignment { cluster_name: \"x\" " + groups + " " + more + " }";
}
std::string Group(const std::string& content) { return "endpoints { " + content + " } "; }
std::string Zone(const std::string& name) { return "locality { zone: \"" + name + "\" } "; }

TEST(EndpointConfig, LocalitiesWeightsAndPoliciesArrive) {
  const ClusterSpec spec = Good(Assignment(
      Group(Zone("a") + "load_balancing_weight { value: 3 } " + Endpoint(1) + Endpoint(2)) +
          Group(Zone("a") + "priority: 1 " + Endpoint(3)),
      "policy { overprovisioning_factor { value: 120 } weighted_priority_health: true }"));
  ASSERT_EQ(spec.endpoints.size(), 3u);
  EXPECT_EQ(spec.endpoints[0].traits.locality->weight, 3u);
  EXPECT_EQ(spec.endpoints[0].traits.locality, spec.endpoints[1].traits.locality);
  EXPECT_EQ(spec.endpoints[2].traits.locality->weight, 0u);
  EXPECT_EQ(spec.assignment_policy.overprovisioning_percent, 120u);
  EXPECT_TRUE(spec.assignment_policy.weighted_priority_health);
}

TEST(EndpointConfig, MetadataArrives) {
  const ClusterSpec spec = Good(Assignment(Group(Endpoint(1, R"(metadata {
    filter_metadata { key: "envoy.lb" value {
      fields { key: "stage" value { string_value: "prod" } }
      fields { key: "canary" value { bool_value: true } }
      fields { key: "zones" value { list_value { values { number_value: 1 } values { number_value: 2.5 } } } } } }
    filter_metadata { key: "other" value { fields { key: "x" value { bool_value: true } } } } })") +
                                                 Endpoint(2))));
  ASSERT_NE(spec.endpoints[0].traits.metadata, nullptr);
  EXPECT_EQ(
      spec.endpoints[0].traits.metadata->entries,
      (std::vector<EndpointMetadata::Entry>{
          {"canary", "true", {}}, {"stage", "\"prod\"", {}}, {"zones", "[1,2.5]", {"1", "2.5"}}}));
  EXPECT_EQ(spec.endpoints[1].traits.metadata, nullptr);
}

TEST(EndpointConfig, LabelsForTransportsArriveOfEndpointsAndOfLocalities) {
  const auto labels = [](const std::string& value) {
    return "metadata { filter_metadata { key: \"envoy.transport_socket_match\" value { fields { "
           "key: \"tls\" value { string_value: \"" +
           value + "\" } } } } } ";
  };
  const ClusterSpec spec = Good(Assignment(Group(Endpoint(1, labels("own")) + Endpoint(2)) +
                                           Group(labels("zone") + Endpoint(3, labels("own")))));
  ASSERT_EQ(spec.endpoints.size(), 3u);
  const KeyValues own(std::vector<KeyValue>{{"tls", "\"own\""}});
  const KeyValues zone(std::vector<KeyValue>{{"tls", "\"zone\""}});
  EXPECT_EQ(spec.endpoints[0].facts.transport_labels,
            TransportLabelsRef({.own = own, .of_locality = {}}));
  EXPECT_EQ(spec.endpoints[1].facts.transport_labels.get(), nullptr);
  EXPECT_EQ(spec.endpoints[2].facts.transport_labels,
            TransportLabelsRef({.own = own, .of_locality = zone}));
}

TEST(EndpointConfig, EachCategoryDropsOfWhatTheOthersLeave) {
  const std::string drops = R"(policy {
    drop_overloads { category: "throttle" drop_percentage { numerator: 60 } }
    drop_overloads { category: "lb" drop_percentage { numerator: 5000 denominator: TEN_THOUSAND } } })";
  EXPECT_EQ(Good(Assignment("", drops)).assignment_policy.drop_per_million, 800'000u);
  EXPECT_EQ(Good("").assignment_policy.drop_per_million, 0u);
  ExpectError(Assignment("", "policy { drop_overloads { drop_percentage { numerator: 101 } } }"),
              "c.load_assignment.policy.drop_overloads[0].drop_percentage");
}

TEST(EndpointConfig, AnEmptyLocalityIsNobody) {
  EXPECT_TRUE(Good(Assignment(Group(Zone("a")))).endpoints.empty());
}

TEST(EndpointConfig, WhatIsListedTwiceIsNamed) {
  ExpectError(Assignment(Group(Endpoint(1) + Endpoint(1))),
              "c.load_assignment.endpoints[0].lb_endpoints[1].endpoint.address: 10.0.0.1:80 is "
              "listed twice");
  ExpectError(Assignment(Group(Endpoint(1)) + Group("priority: 1 " + Endpoint(1))),
              "endpoints[1].lb_endpoints[0].endpoint.address");
  ExpectError(Assignment(Group(Zone("a") + Endpoint(1)) + Group(Zone("a") + Endpoint(2))),
              "endpoints[1].locality: is listed twice in the same priority");
}

TEST(EndpointConfig, WeightsAndPrioritiesHaveLimits) {
  const std::string heavy = "load_balancing_weight { value: 4294967295 } ";
  Good(Assignment(Group(Endpoint(1, heavy))));
  ExpectError(Assignment(Group(Endpoint(1, heavy) + Endpoint(2))),
              "endpoints[0].lb_endpoints: their weights sum up to more than 4294967295");
  ExpectError(Assignment(Group(Endpoint(1, "load_balancing_weight {}"))),
              "lb_endpoints[0].load_balancing_weight");
  ExpectError(Assignment(Group(Zone("a") + heavy + Endpoint(1)) +
                         Group(Zone("b") + "load_balancing_weight { value: 1 } " + Endpoint(2))),
              "endpoints[1].load_balancing_weight: the localities of this priority weigh more");
  Good(Assignment(Group("priority: 128 " + Endpoint(1))));
  ExpectError(Assignment(Group("priority: 129 " + Endpoint(1))),
              "endpoints[0].priority: must be at most 128");
  ExpectError(Assignment("", "policy { overprovisioning_factor {} }"),
              "c.load_assignment.policy.overprovisioning_factor");
}

}  // namespace
}  // namespace sluice
