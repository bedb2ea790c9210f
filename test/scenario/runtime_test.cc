// The runtime: what it sets while the proxy runs, from the bootstrap, the admin port and a control
// plane.
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"
#include "test/scenario/told_proxy.h"

namespace sluice {
namespace {

using std::chrono::seconds;

constexpr char kBeta[] = R"(
    virtual_hosts:
    - name: all
      domains: ["*"]
      routes:
      - match:
          prefix: /
          runtime_fraction: { default_value: { numerator: 0 }, runtime_key: routing.beta }
        route: { cluster: beta }
      - match: { prefix: / }
        route: { cluster: stable }
  )";

// The hosts of "beta" and "stable" say which they are.
std::string Served(ProxyFixture& proxy) {
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  return client.response(0).body;
}

TEST(Runtime, AStaticLayerSetsTheFractionOfARoute) {
  ProxyFixture proxy(kBeta,
                     {.bootstrap = "layered_runtime: { layers: [{ name: base, static_layer: { "
                                   "routing: { beta: 100 } } }] }\n",
                      .clusters = {{"beta", 1}, {"stable", 1}}});
  proxy.Host(H1Answer::Of(200, "beta"), 0, 0);
  proxy.Host(H1Answer::Of(200, "stable"), 0, 1);
  EXPECT_EQ(Served(proxy), "beta");
}

TEST(Runtime, TheAdminPortSetsTheFractionOfARouteWhileItServes) {
  ProxyFixture proxy(kBeta, {.clusters = {{"beta", 1}, {"stable", 1}}});
  proxy.Host(H1Answer::Of(200, "beta"), 0, 0);
  proxy.Host(H1Answer::Of(200, "stable"), 0, 1);
  EXPECT_EQ(Served(proxy), "stable");
  ASSERT_TRUE(proxy.core().runtime().Modify({{"routing.beta", "100"}}).ok());
  EXPECT_EQ(Served(proxy), "beta");
  ASSERT_TRUE(proxy.core().runtime().Modify({{"routing.beta", ""}}).ok());
  EXPECT_EQ(Served(proxy), "stable");
}

TEST(Runtime, WeightsOfClustersFollowTheirPrefix) {
  ProxyFixture proxy(R"(
    virtual_hosts:
    - name: all
      domains: ["*"]
      routes:
      - match: { prefix: / }
        route:
          weighted_clusters:
            runtime_key_prefix: split
            clusters: [{ name: beta, weight: 0 }, { name: stable, weight: 100 }]
  )",
                     {.clusters = {{"beta", 1}, {"stable", 1}}});
  proxy.Host(H1Answer::Of(200, "beta"), 0, 0);
  proxy.Host(H1Answer::Of(200, "stable"), 0, 1);
  EXPECT_EQ(Served(proxy), "stable");
  ASSERT_TRUE(proxy.core().runtime().Modify({{"split.beta", "7"}, {"split.stable", "0"}}).ok());
  EXPECT_EQ(Served(proxy), "beta");
  // Weights that leave nobody do not count.
  ASSERT_TRUE(proxy.core().runtime().Modify({{"split.beta", "0"}}).ok());
  EXPECT_EQ(Served(proxy), "stable");
}

TEST(Runtime, AccessLogsSampleAsItSays) {
  ProxyFixture proxy(
      ProxyFixture::ToUsers(),
      {.manager = "access_log:\n- name: file\n  filter: { runtime_filter: { runtime_key: log.some, "
                  "percent_sampled: { numerator: 0, denominator: MILLION } } }\n"
                  "  typed_config:\n    \"@type\": type.googleapis.com/envoy.extensions."
                  "access_loggers.file.v3.FileAccessLog\n    path: /log\n",
       .log = ""});
  proxy.Host(H1Answer::Of(200));
  Served(proxy);
  EXPECT_EQ(proxy.LogLines().size(), 0u);
  ASSERT_TRUE(proxy.core().runtime().Modify({{"log.some", "1000000"}}).ok());
  Served(proxy);
  EXPECT_EQ(proxy.LogLines().size(), 1u);
}

TEST(Runtime, ThePanicThresholdFollowsAtOnce) {
  ProxyFixture proxy(
      ProxyFixture::ToUsers(),
      {.cluster = "health_checks: [{ timeout: 1s, interval: 1s, unhealthy_threshold: 1, "
                  "healthy_threshold: 1, http_health_check: { path: /ok } }]\n"});
  proxy.Host(H1Answer::Of(500));
  proxy.Advance(seconds(5));
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(0).status(), 500);  // in panic any host will do
  ASSERT_TRUE(proxy.core().runtime().Modify({{"upstream.healthy_panic_threshold", "0"}}).ok());
  proxy.Run();
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(1).status(), 503);
}

class ToldRuntimeTest : public testing::TestWithParam<Wire> {
 protected:
  static ToldOptions Layers() {
    return {.bootstrap =
                "layered_runtime:\n  layers:\n  - { name: base, static_layer: { beta: 0 } }\n"
                "  - name: told\n    rtds_layer: { name: told, rtds_config: { ads: {}, "
                "resource_api_version: V3, initial_fetch_timeout: 5s } }\n"};
  }
  // Everything goes to "beta" where the runtime says so, else to "users".
  void Offer(ToldProxy& proxy) {
    proxy.SetCluster("users");
    proxy.SetCluster("beta");
    proxy.SetEndpoints("users", {0});
    proxy.SetEndpoints("beta", {1});
    proxy.Set(kRouteType, "routes",
              "name: routes\nvirtual_hosts:\n- name: all\n  domains: [\"*\"]\n  routes:\n"
              "  - match: { prefix: /, runtime_fraction: { default_value: { numerator: 0 }, "
              "runtime_key: beta } }\n    route: { cluster: beta }\n"
              "  - match: { prefix: / }\n    route: { cluster: users }\n");
    proxy.SetListener("web", "10.9.9.9");
    proxy.Host(0, H1Answer::Of(200));
    proxy.Host(1, H1Answer::Of(201));
  }
  void SetLayer(ToldProxy& proxy, const std::string& fields) {
    proxy.Set(kRuntimeType, "told", "name: told\nlayer: { " + fields + " }\n");
  }
};

INSTANTIATE_TEST_SUITE_P(, ToldRuntimeTest, testing::Values(Wire::kStateOfTheWorld, Wire::kDelta),
                         [](const auto& info) {
                           return info.param == Wire::kDelta ? "Delta" : "StateOfTheWorld";
                         });

TEST_P(ToldRuntimeTest, ALayerThatComesByDiscoveryIsThereBeforeAnythingServes) {
  ToldProxy proxy(GetParam(), Layers());
  Offer(proxy);
  SetLayer(proxy, "beta: 100");
  proxy.Start();
  EXPECT_EQ(proxy.Ask(), 201);
  EXPECT_EQ(proxy.Stat("runtime.update_success"), 1);
}

TEST_P(ToldRuntimeTest, AnotherVersionOfTheLayerCountsFromThenOn) {
  ToldProxy proxy(GetParam(), Layers());
  Offer(proxy);
  SetLayer(proxy, "beta: 0");
  proxy.Start();
  EXPECT_EQ(proxy.Ask(), 200);
  SetLayer(proxy, "beta: { numerator: 1000000, denominator: MILLION }");
  proxy.Run();
  EXPECT_EQ(proxy.Ask(), 201);
  EXPECT_EQ(proxy.Stat("runtime.num_keys"), 1);
}

TEST_P(ToldRuntimeTest, ALayerThatIsNoGoodIsRefusedAndTheOneBeforeHolds) {
  ToldProxy proxy(GetParam(), Layers());
  Offer(proxy);
  SetLayer(proxy, "beta: 100");
  proxy.Start();
  SetLayer(proxy, "beta: [1, 2]");
  proxy.Run();
  EXPECT_THAT(proxy.TakeRefusals(),
              testing::ElementsAre(testing::HasSubstr(
                  "Runtime \"told\": layer: \"beta\" must be a number, a text or a bool")));
  EXPECT_EQ(proxy.Ask(), 201);
}

TEST_P(ToldRuntimeTest, ALayerIsWaitedForNoLongerThanItsFetchTimeout) {
  ToldProxy proxy(GetParam(), Layers());
  Offer(proxy);
  proxy.Hold(kRuntimeType);
  proxy.Start();
  EXPECT_FALSE(proxy.started());
  proxy.Advance(seconds(6));
  EXPECT_TRUE(proxy.started());
  EXPECT_EQ(proxy.Ask(), 200);
  EXPECT_EQ(proxy.Stat("runtime.init_fetch_timeout"), 1);
}

}  // namespace
}  // namespace sluice
