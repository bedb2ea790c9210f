// Which of a cluster's hosts gets a request: policies, weights, health, priorities, localities,
// subsets, slow start.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr char kPolicies[] = "type.googleapis.com/envoy.extensions.load_balancing_policies.";

// A load_balancing_policy with this one extension.
std::string Typed(const std::string& type, const std::string& fields = "") {
  return absl::StrCat("load_balancing_policy: { policies: [{ typed_extension_config: { name: p, ",
                      "typed_config: { \"@type\": ", type, fields, " } } }] }\n");
}

// An item of lb_endpoints: the nth host of the first cluster.
std::string Endpoint(int n, const std::string& fields = "") {
  return absl::StrCat("{ endpoint: { address: { socket_address: { address: ",
                      ProxyFixture::HostAddress(0, n).ip_text(), ", port_value: 80 } } }, ", fields,
                      " }");
}

// A proxy before hosts that answer at once, and one client that asks it.
class Balanced {
 public:
  explicit Balanced(int hosts, ProxyOptions options, const std::string& route = "")
      : proxy(ProxyFixture::ToUsers(route), WithHosts(std::move(options), hosts)) {
    for (int i = 0; i < hosts; ++i) {
      hosts_.push_back(&proxy.Host(H1Answer::Of(200, std::to_string(i)), i));
    }
    client_ = &proxy.Client();
  }

  // One request after the other; how many of them each host got.
  std::vector<size_t> Send(int count) {
    std::vector<size_t> before;
    for (const H1Server* host : hosts_) before.push_back(host->requests().size());
    for (int i = 0; i < count; ++i) {
      client_->Get("/");
      proxy.Run();
    }
    std::vector<size_t> got;
    for (size_t i = 0; i < hosts_.size(); ++i)
      got.push_back(hosts_[i]->requests().size() - before[i]);
    return got;
  }
  H1Server& host(size_t at) { return *hosts_[at]; }
  H1Client& client() { return *client_; }

  ProxyFixture proxy;

 private:
  static ProxyOptions WithHosts(ProxyOptions options, int hosts) {
    options.clusters = {{"users", hosts}};
    return options;
  }
  std::vector<H1Server*> hosts_;
  H1Client* client_;
};

using Counts = std::vector<size_t>;

// ---- Policies.

TEST(Balancing, RoundRobinGoesRound) {
  Balanced hosts(3, {});
  EXPECT_EQ(hosts.Send(30), (Counts{10, 10, 10}));
}

TEST(Balancing, RoundRobinMindsWeights) {
  Balanced hosts(
      2, {.endpoints = "endpoints: [{ lb_endpoints: [" + Endpoint(0, "load_balancing_weight: 1") +
                       "," + Endpoint(1, "load_balancing_weight: 3") + "] }]"});
  EXPECT_EQ(hosts.Send(40), (Counts{10, 30}));
}

class ByEitherName : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Names, ByEitherName, testing::Values("legacy", "typed"));

TEST_P(ByEitherName, LeastRequestPassesTheBusyHostBy) {
  const bool typed = GetParam() == std::string("typed");
  Balanced hosts(2,
                 {.cluster = typed ? Typed(absl::StrCat(kPolicies, "least_request.v3.LeastRequest"))
                                   : "lb_policy: LEAST_REQUEST"});
  hosts.host(0).SetOnRequest([](const H1Message&) {
    H1Answer late = H1Answer::Of(200);
    late.delay = seconds(10);
    return late;
  });
  // Until the first of them has one.
  std::vector<H1Client*> clients;
  while (hosts.host(0).requests().empty() && clients.size() < 50) {
    clients.push_back(&hosts.proxy.Client());
    clients.back()->Get("/");
    hosts.proxy.Run();
  }
  EXPECT_EQ(hosts.Send(20), (Counts{0, 20}));
}

TEST_P(ByEitherName, RandomReachesAll) {
  const bool typed = GetParam() == std::string("typed");
  Balanced hosts(2, {.cluster = typed ? Typed(absl::StrCat(kPolicies, "random.v3.Random"))
                                      : "lb_policy: RANDOM"});
  const Counts got = hosts.Send(100);
  EXPECT_EQ(got[0] + got[1], 100u);
  EXPECT_GT(got[0], 25u);
  EXPECT_GT(got[1], 25u);
}

// Without a hash policy a request's hash is random.
TEST_P(ByEitherName, RingHashReachesAll) {
  const bool typed = GetParam() == std::string("typed");
  Balanced hosts(2, {.cluster = typed ? Typed(absl::StrCat(kPolicies, "ring_hash.v3.RingHash"))
                                      : "lb_policy: RING_HASH"});
  const Counts got = hosts.Send(100);
  EXPECT_EQ(got[0] + got[1], 100u);
  EXPECT_GT(got[0], 20u);
  EXPECT_GT(got[1], 20u);
}

TEST_P(ByEitherName, MaglevReachesAll) {
  const bool typed = GetParam() == std::string("typed");
  Balanced hosts(2,
                 {.cluster = typed ? Typed(absl::StrCat(kPolicies, "maglev.v3.Maglev"))
                                   : "lb_policy: MAGLEV\nmaglev_lb_config: { table_size: 1009 }"});
  const Counts got = hosts.Send(100);
  EXPECT_EQ(got[0] + got[1], 100u);
  EXPECT_GT(got[0], 25u);
  EXPECT_GT(got[1], 25u);
}

constexpr char kByUser[] = "hash_policy: [{ header: { header_name: x-user } }]";

class Hashed : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Policies, Hashed, testing::Values("RING_HASH", "MAGLEV"));

TEST_P(Hashed, TheSameUserGetsTheSameHost) {
  Balanced hosts(4, {.cluster = absl::StrCat("lb_policy: ", GetParam())}, kByUser);
  for (int round = 0; round < 2; ++round) {
    for (int user = 0; user < 20; ++user) {
      hosts.client().Get("/", {absl::StrCat("x-user: u", user)});
      hosts.proxy.Run();
    }
  }
  for (int user = 0; user < 20; ++user) {
    EXPECT_EQ(hosts.client().response(user).body, hosts.client().response(user + 20).body) << user;
  }
  for (int host = 0; host < 4; ++host) EXPECT_GT(hosts.host(host).requests().size(), 0u) << host;
}

TEST_P(Hashed, NoHostGetsMoreThanItsBoundedPartOfTheSameUser) {
  Balanced hosts(4,
                 {.cluster = absl::StrCat("lb_policy: ", GetParam(),
                                          "\ncommon_lb_config: { consistent_hashing_lb_config: { "
                                          "hash_balance_factor: 100 } }")},
                 kByUser);
  for (int host = 0; host < 4; ++host) {
    hosts.host(host).SetOnRequest([](const H1Message&) {
      H1Answer late = H1Answer::Of(200);
      late.delay = seconds(10);
      return late;
    });
  }
  for (int i = 0; i < 8; ++i) {
    hosts.proxy.Client().Get("/", {"x-user: one"});
    hosts.proxy.Run();
  }
  for (int host = 0; host < 4; ++host) EXPECT_EQ(hosts.host(host).requests().size(), 2u) << host;
}

TEST(Balancing, PeakEwmaLearnsWhichHostIsSlow) {
  Balanced hosts(
      2, {.cluster = Typed(
              "type.googleapis.com/sluice.extensions.load_balancing_policies.peak_ewma.v1.PeakEwma",
              ", decay_time: 60s")});
  for (const auto& [host, delay] : {std::pair{0, milliseconds(200)}, {1, milliseconds(5)}}) {
    hosts.host(host).SetOnRequest([delay = delay](const H1Message&) {
      H1Answer answer = H1Answer::Of(200);
      answer.delay = delay;
      return answer;
    });
  }
  size_t slow = 0;
  for (int i = 0; i < 40; ++i) {
    hosts.client().Get("/");
    hosts.proxy.Advance(milliseconds(250));
    slow = hosts.host(0).requests().size();
  }
  EXPECT_EQ(hosts.client().responses().size(), 40u);
  EXPECT_LE(slow, 2u);
}

// ---- Health.

TEST(Balancing, WhatDiscoveryCallsUnfitGetsNothing) {
  for (const char* status : {"UNHEALTHY", "DRAINING", "TIMEOUT"}) {
    Balanced hosts(3, {.endpoints = "endpoints: [{ lb_endpoints: [" +
                                    Endpoint(0, absl::StrCat("health_status: ", status)) + "," +
                                    Endpoint(1) + "," + Endpoint(2) + "] }]"});
    EXPECT_EQ(hosts.Send(10), (Counts{0, 5, 5})) << status;
  }
}

TEST(Balancing, DegradedHostsWaitForTheHealthyToFail) {
  const auto with = [](const char* other) {
    Balanced hosts(
        2, {.endpoints = "endpoints: [{ lb_endpoints: [" + Endpoint(0, "health_status: DEGRADED") +
                         "," + Endpoint(1, absl::StrCat("health_status: ", other)) + "] }]"});
    return hosts.Send(100);
  };
  EXPECT_EQ(with("UNHEALTHY"), (Counts{100, 0}));
  // Half of the hosts, with 140 % of overprovisioning, leave 30 % to the degraded.
  EXPECT_NEAR(static_cast<double>(with("HEALTHY")[0]), 30, 20);
}

std::string AllIll(int hosts) {
  std::string list;
  for (int i = 0; i < hosts; ++i) {
    absl::StrAppend(&list, i == 0 ? "" : ",", Endpoint(i, "health_status: UNHEALTHY"));
  }
  return "endpoints: [{ lb_endpoints: [" + list + "] }]";
}

TEST(Balancing, WhenAllSeemIllAllAreAsked) {
  Balanced hosts(2, {.endpoints = AllIll(2)});
  EXPECT_EQ(hosts.Send(10), (Counts{5, 5}));
  EXPECT_EQ(hosts.proxy.Stat("cluster.users.lb_healthy_panic"), 10);
}

TEST(Balancing, InPanicTrafficMayFail) {
  Balanced hosts(2, {.cluster = "common_lb_config: { zone_aware_lb_config: { "
                                "fail_traffic_on_panic: true }, healthy_panic_threshold: { value: "
                                "60 } }",
                     .endpoints = "endpoints: [{ lb_endpoints: [" + Endpoint(0) + "," +
                                  Endpoint(1, "health_status: UNHEALTHY") + "] }]"});
  EXPECT_EQ(hosts.Send(4), (Counts{0, 0}));
  EXPECT_EQ(hosts.client().response(0).status(), 503);
  EXPECT_EQ(hosts.proxy.LogLines(), (std::vector<std::string>(4, "503 UH no_healthy_upstream")));
  EXPECT_EQ(hosts.proxy.Stat("cluster.users.lb_healthy_panic"), 4);
  EXPECT_EQ(hosts.proxy.Stat("cluster.users.upstream_cx_none_healthy"), 4);
}

TEST(Balancing, TheNextHostHasItsConnectionBeforeItIsAsked) {
  Balanced hosts(3, {.cluster = "preconnect_policy: { predictive_preconnect_ratio: 2.0 }"});
  hosts.Send(1);
  EXPECT_EQ(hosts.proxy.Stat("cluster.users.upstream_cx_total"), 2);
  hosts.Send(1);
  EXPECT_EQ(hosts.proxy.Stat("cluster.users.upstream_cx_total"), 3);
  EXPECT_EQ(hosts.proxy.Stat("cluster.users.upstream_rq_pending_total"), 1);
  EXPECT_EQ(hosts.Send(30), (Counts{10, 10, 10}));
  EXPECT_EQ(hosts.proxy.Stat("cluster.users.upstream_cx_total"), 3);
}

TEST(Balancing, WithAThresholdOfZeroThereIsNoPanic) {
  Balanced hosts(2, {.cluster = "common_lb_config: { healthy_panic_threshold: { value: 0 } }",
                     .endpoints = AllIll(2)});
  EXPECT_EQ(hosts.Send(3), (Counts{0, 0}));
  EXPECT_EQ(hosts.client().response(0).status(), 503);
  EXPECT_EQ(hosts.client().response(0).body, "no healthy upstream");
  EXPECT_EQ(hosts.proxy.LogLines(), (std::vector<std::string>(3, "503 UH no_healthy_upstream")));
  EXPECT_EQ(hosts.proxy.Stat("cluster.users.upstream_cx_none_healthy"), 3);
}

TEST(Balancing, ThePanicThresholdIsTheClusters) {
  const std::string endpoints = "endpoints: [{ lb_endpoints: [" + Endpoint(0) + "," +
                                Endpoint(1, "health_status: UNHEALTHY") + "," +
                                Endpoint(2, "health_status: UNHEALTHY") + "] }]";
  EXPECT_EQ(Balanced(3, {.endpoints = endpoints}).Send(9), (Counts{3, 3, 3}));
  EXPECT_EQ(Balanced(3, {.cluster = "common_lb_config: { healthy_panic_threshold: { value: 30 } }",
                         .endpoints = endpoints})
                .Send(9),
            (Counts{9, 0, 0}));
}

// ---- Priorities.

std::string TwoPriorities(const std::string& first, const std::string& policy = "") {
  return absl::StrCat("endpoints: [{ lb_endpoints: [", first, "] }, { priority: 1, lb_endpoints: [",
                      Endpoint(2), "] }]\n", policy);
}

TEST(Balancing, TheNextPriorityWaitsUntilTheFirstFails) {
  Balanced fit(3, {.endpoints = TwoPriorities(Endpoint(0) + "," + Endpoint(1))});
  EXPECT_EQ(fit.Send(10), (Counts{5, 5, 0}));
  Balanced ill(3, {.endpoints = TwoPriorities(Endpoint(0, "health_status: UNHEALTHY") + "," +
                                              Endpoint(1, "health_status: UNHEALTHY"))});
  EXPECT_EQ(ill.Send(10), (Counts{0, 0, 10}));
}

TEST(Balancing, TrafficSpillsOverByTheOverprovisioningFactor) {
  const std::string half = Endpoint(0) + "," + Endpoint(1, "health_status: UNHEALTHY");
  const auto part_of_second = [&](const std::string& policy) {
    Balanced hosts(3, {.endpoints = TwoPriorities(half, policy)});
    const Counts got = hosts.Send(200);
    EXPECT_EQ(got[1], 0u);
    return static_cast<double>(got[2]) / 200;
  };
  EXPECT_NEAR(part_of_second(""), 0.3, 0.15);
  EXPECT_NEAR(part_of_second("policy: { overprovisioning_factor: 100 }"), 0.5, 0.15);
  EXPECT_EQ(part_of_second("policy: { overprovisioning_factor: 200 }"), 0);
}

TEST(Balancing, APartOfTheRequestsMayBeRefusedToSpareTheHosts) {
  const auto drop = [](int percent) {
    return "endpoints: [{ lb_endpoints: [" + Endpoint(0) +
           "] }]\npolicy: { drop_overloads: [{ category: all, drop_percentage: { numerator: " +
           std::to_string(percent) + " } }] }";
  };
  Balanced all(1, {.endpoints = drop(100)});
  EXPECT_EQ(all.Send(1), (Counts{0}));
  EXPECT_EQ(all.client().response(0).status(), 503);
  EXPECT_EQ(all.client().response(0).body, "drop overload");
  EXPECT_EQ(all.proxy.LogLines(), (std::vector<std::string>{"503 DO drop_overload"}));
  EXPECT_NEAR(static_cast<double>(Balanced(1, {.endpoints = drop(30)}).Send(200)[0]), 140, 35);
}

// ---- Localities.

std::string TwoLocalities() {
  return "endpoints: [{ locality: { zone: a }, load_balancing_weight: 1, lb_endpoints: [" +
         Endpoint(0) + "," + Endpoint(1) +
         "] }, { locality: { zone: b }, load_balancing_weight: 4, lb_endpoints: [" + Endpoint(2) +
         "] }]";
}

TEST(Balancing, LocalitiesGetWhatTheyWeigh) {
  for (const std::string& config :
       {std::string("common_lb_config: { locality_weighted_lb_config: {} }"),
        Typed(absl::StrCat(kPolicies, "wrr_locality.v3.WrrLocality"),
              absl::StrCat(", endpoint_picking_policy: { policies: [{ typed_extension_config: { "
                           "name: rr, typed_config: { \"@type\": ",
                           kPolicies, "round_robin.v3.RoundRobin } } }] }"))}) {
    Balanced hosts(3, {.cluster = config, .endpoints = TwoLocalities()});
    const Counts got = hosts.Send(200);
    EXPECT_NEAR(static_cast<double>(got[2]) / 200, 0.8, 0.12) << config;
    EXPECT_NEAR(static_cast<double>(got[0]), static_cast<double>(got[1]), 1) << config;
  }
}

TEST(Balancing, WithoutLocalityWeightingHostsShareAlike) {
  Balanced hosts(3, {.endpoints = TwoLocalities()});
  EXPECT_EQ(hosts.Send(30), (Counts{10, 10, 10}));
}

// ---- Subsets.

constexpr char kByVersion[] =
    "lb_subset_config: { fallback_policy: NO_FALLBACK, subset_selectors: [{ keys: [version] }] }";

std::string TwoVersions() {
  const auto version = [](const char* name) {
    return absl::StrCat("metadata: { filter_metadata: { envoy.lb: { version: ", name, " } } }");
  };
  return "endpoints: [{ lb_endpoints: [" + Endpoint(0, version("v1")) + "," +
         Endpoint(1, version("v2")) + "," + Endpoint(2, version("v2")) + "] }]";
}

TEST(Balancing, ARouteMayAskForHostsWithCertainMetadata) {
  Balanced hosts(3, {.cluster = kByVersion, .endpoints = TwoVersions()},
                 "metadata_match: { filter_metadata: { envoy.lb: { version: v2 } } }");
  EXPECT_EQ(hosts.Send(10), (Counts{0, 5, 5}));
  EXPECT_EQ(hosts.proxy.Stat("cluster.users.lb_subsets_selected"), 10);
  EXPECT_EQ(hosts.proxy.Stat("cluster.users.lb_healthy_panic"), 0);
}

TEST(Balancing, WithoutSuchHostsTheFallbackSaysWho) {
  const std::string other = "metadata_match: { filter_metadata: { envoy.lb: { version: v9 } } }";
  Balanced none(3, {.cluster = kByVersion, .endpoints = TwoVersions()}, other);
  EXPECT_EQ(none.Send(1), (Counts{0, 0, 0}));
  EXPECT_EQ(none.client().response(0).status(), 503);
  Balanced any(3,
               {.cluster = "lb_subset_config: { fallback_policy: ANY_ENDPOINT, "
                           "subset_selectors: [{ keys: [version] }] }",
                .endpoints = TwoVersions()},
               other);
  EXPECT_EQ(any.Send(9), (Counts{3, 3, 3}));
  Balanced set(3,
               {.cluster = "lb_subset_config: { fallback_policy: DEFAULT_SUBSET, default_subset: { "
                           "version: v1 }, subset_selectors: [{ keys: [version] }] }",
                .endpoints = TwoVersions()},
               other);
  EXPECT_EQ(set.Send(9), (Counts{9, 0, 0}));
  EXPECT_EQ(set.proxy.Stat("cluster.users.lb_subsets_fallback"), 9);
  EXPECT_EQ(set.proxy.Stat("cluster.users.lb_subsets_selected"), 0);
}

TEST(Balancing, ARouteMayAskForOneVersionAfterTheOther) {
  Balanced hosts(3,
                 {.cluster = "lb_subset_config: { metadata_fallback_policy: FALLBACK_LIST, "
                             "subset_selectors: [{ keys: [version] }] }",
                  .endpoints = TwoVersions()},
                 "metadata_match: { filter_metadata: { envoy.lb: { version: v1, fallback_list: [{ "
                 "version: v9 }, { version: v2 }] } } }");
  EXPECT_EQ(hosts.Send(4), (Counts{0, 2, 2}));
}

TEST(Balancing, SubsetsAreCountedAsTheyComeAndGo) {
  Balanced hosts(3, {.cluster = kByVersion, .endpoints = TwoVersions()});
  EXPECT_EQ(hosts.proxy.Stat("cluster.users.lb_subsets_active"), 2);
  EXPECT_EQ(hosts.proxy.Stat("cluster.users.lb_subsets_created"), 2);
  hosts.proxy.ChangeCluster(kByVersion, 3);  // without metadata
  hosts.proxy.Run();
  EXPECT_EQ(hosts.proxy.Stat("cluster.users.lb_subsets_active"), 0);
  EXPECT_EQ(hosts.proxy.Stat("cluster.users.lb_subsets_removed"), 2);
}

TEST(Balancing, AWeightedClusterAsksForMore) {
  ProxyFixture proxy(
      R"(
    virtual_hosts:
    - name: all
      domains: ["*"]
      routes:
      - match: { prefix: / }
        route:
          metadata_match: { filter_metadata: { envoy.lb: { version: v1 } } }
          weighted_clusters:
            clusters:
            - name: users
              weight: 1
              metadata_match: { filter_metadata: { envoy.lb: { version: v2 } } }
  )",
      {.cluster = kByVersion, .endpoints = TwoVersions(), .clusters = {{"users", 3}}});
  H1Server& first = proxy.Host(H1Answer::Of(200), 0);
  H1Server& second = proxy.Host(H1Answer::Of(200), 1);
  proxy.Host(H1Answer::Of(200), 2);
  H1Client& client = proxy.Client();
  for (int i = 0; i < 4; ++i) {
    client.Get("/");
    proxy.Run();
  }
  EXPECT_EQ(first.requests().size(), 0u);
  EXPECT_EQ(second.requests().size(), 2u);
}

// ---- Slow start.

TEST(Balancing, ANewHostComesToItsShareSlowly) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.cluster = R"(
    type: STRICT_DNS
    dns_refresh_rate: 1s
    round_robin_lb_config: { slow_start_config: { slow_start_window: 100s } })"});
  proxy.Host(H1Answer::Of(200), 0);
  H1Server& added = proxy.Host(H1Answer::Of(200), 1);
  const std::string first = ProxyFixture::HostAddress(0, 0).ip_text();
  const std::string second = ProxyFixture::HostAddress(0, 1).ip_text();
  proxy.resolver().Say("users.test", {first});
  proxy.Advance(seconds(200));
  proxy.resolver().Say("users.test", {first, second});
  proxy.Advance(milliseconds(1500));
  H1Client& client = proxy.Client();
  const auto part_of_added = [&] {
    const size_t before = added.requests().size();
    for (int i = 0; i < 110; ++i) {
      client.Get("/");
      proxy.Run();
    }
    return static_cast<double>(added.requests().size() - before) / 110;
  };
  EXPECT_NEAR(part_of_added(), 0.1 / 1.1, 0.03);
  proxy.Advance(seconds(50));
  EXPECT_NEAR(part_of_added(), 0.5 / 1.5, 0.03);
  proxy.Advance(seconds(60));
  EXPECT_NEAR(part_of_added(), 0.5, 0.02);
}

}  // namespace
}  // namespace sluice
