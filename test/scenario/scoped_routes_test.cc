// A connection manager with a route table for each scope of requests (SRDS), in both dialects.
#include <cstdio>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "test/scenario/told_proxy.h"

namespace sluice {
namespace {

using std::chrono::seconds;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kAds[] = "{ ads: {}, resource_api_version: V3 }";

class ScopedRoutesScenario : public testing::TestWithParam<Wire> {
 protected:
  // Clusters "users" and "others" of hosts 0 and 1, tables of the same names that lead to them, and
  // a listener whose scopes are by x-scope.
  static void Offer(ToldProxy& proxy, const std::string& scopes_from = kAds,
                    const std::string& tables_from = kAds) {
    for (const int host : {0, 1}) {
      const std::string name = host == 0 ? "users" : "others";
      proxy.SetCluster(name);
      proxy.SetEndpoints(name, {host});
      proxy.SetRoutes(name, name);
      proxy.Host(host, H1Answer::Of(200, name));
    }
    SetListener(proxy, absl::StrCat("scoped_rds: { scoped_rds_config_source: ", scopes_from,
                                    " }, rds_config_source: ", tables_from));
  }
  static void SetListener(ToldProxy& proxy, const std::string& scopes,
                          const std::string& more = "") {
    proxy.Set(kListenerType, "web",
              absl::StrCat(
                  "name: web\naddress: { socket_address: { address: 10.9.9.9, port_value: 80 } }\n"
                  "filter_chains:\n- filters:\n  - name: http\n    typed_config:\n"
                  "      \"@type\": type.googleapis.com/envoy.extensions.filters.network."
                  "http_connection_manager.v3.HttpConnectionManager\n      stat_prefix: test\n",
                  more,
                  "      scoped_routes: { name: mine, scope_key_builder: { fragments: [{ "
                  "header_value_extractor: { name: x-scope, index: 0 } }] }, ",
                  scopes,
                  " }\n      http_filters: [{ name: router, typed_config: { \"@type\": "
                  "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router } }]\n"));
  }
  static std::string Scope(const std::string& name, const std::string& key,
                           const std::string& table, const std::string& more = "") {
    return absl::StrCat("name: ", name, "\nkey: { fragments: [{ string_key: '", key, "' }] }\n",
                        table.empty() ? "" : "route_configuration_name: " + table + "\n", more);
  }
  static void SetScope(ToldProxy& proxy, const std::string& name, const std::string& key,
                       const std::string& table, const std::string& more = "") {
    proxy.Set(kScopedRouteType, name, Scope(name, key, table, more));
    proxy.Run();
  }
  static std::string Ask(ToldProxy& proxy, const std::string& scope) {
    H1Client& client = proxy.Client();
    return Ask(proxy, client, scope);
  }
  // Who answers, or the status, or "" for no answer.
  static std::string Ask(ToldProxy& proxy, H1Client& client, const std::string& scope) {
    const size_t before = client.responses().size();
    client.Get("/", {absl::StrCat("x-scope: ", scope)});
    proxy.Run();
    if (client.responses().size() == before) return "";
    const H1Message& response = client.response(before);
    return response.status() == 200 ? response.body : absl::StrCat(response.status());
  }
};

INSTANTIATE_TEST_SUITE_P(, ScopedRoutesScenario,
                         testing::Values(Wire::kStateOfTheWorld, Wire::kDelta),
                         [](const auto& info) {
                           return info.param == Wire::kDelta ? "Delta" : "StateOfTheWorld";
                         });

TEST_P(ScopedRoutesScenario, EachScopeIsServedByItsTable) {
  ToldProxy proxy(GetParam());
  Offer(proxy);
  SetScope(proxy, "a", "1", "users");
  SetScope(proxy, "b", "2", "others");
  proxy.Start();
  H1Client& client = proxy.Client();
  EXPECT_EQ(Ask(proxy, client, "1"), "users");
  EXPECT_EQ(Ask(proxy, client, "2"), "others");
  EXPECT_EQ(Ask(proxy, client, "1"), "users");
  EXPECT_THAT(proxy.TakeRefusals(), IsEmpty());
}

TEST_P(ScopedRoutesScenario, ARequestOfNoScopeFindsNoRoute) {
  ToldProxy proxy(GetParam());
  Offer(proxy);
  SetScope(proxy, "a", "1", "users");
  proxy.Start();
  EXPECT_EQ(Ask(proxy, "3"), "404");
  EXPECT_EQ(proxy.Ask(), 404);  // without the header
  EXPECT_EQ(proxy.Stat("http.test.no_route"), 2);
}

TEST_P(ScopedRoutesScenario, ByStreamsOfTheirOwn) {
  ToldProxy proxy(GetParam(), {.separate_streams = true});
  const std::string api = std::string("{ api_config_source: { api_type: ") +
                          (GetParam() == Wire::kDelta ? "DELTA_GRPC" : "GRPC") +
                          ", transport_api_version: V3, grpc_services: [{ envoy_grpc: { "
                          "cluster_name: xds } }] }, resource_api_version: V3 }";
  Offer(proxy, api, api);
  for (const std::string name : {"users", "others"}) {
    proxy.Set(kClusterType, name,
              absl::StrCat("name: ", name, "\ntype: EDS\neds_cluster_config: { eds_config: ", api,
                           " }\n"));
  }
  SetScope(proxy, "a", "1", "users");
  proxy.Start();
  EXPECT_EQ(Ask(proxy, "1"), "users");
  EXPECT_THAT(
      proxy.control_plane().methods(),
      Contains(absl::StrCat("/envoy.service.route.v3.ScopedRoutesDiscoveryService/",
                            GetParam() == Wire::kDelta ? "Delta" : "Stream", "ScopedRoutes")));
}

TEST_P(ScopedRoutesScenario, AListenerWaitsForItsScopesAndTheirTables) {
  ToldProxy proxy(GetParam());
  proxy.Hold(kScopedRouteType);
  proxy.Hold(kRouteType);
  Offer(proxy);
  SetScope(proxy, "a", "1", "users");
  proxy.Start();
  EXPECT_EQ(Ask(proxy, "1"), "");
  proxy.Tell(kScopedRouteType);
  proxy.Run();
  EXPECT_EQ(Ask(proxy, "1"), "");
  proxy.Tell(kRouteType);
  proxy.Run();
  EXPECT_EQ(Ask(proxy, "1"), "users");
}

TEST_P(ScopedRoutesScenario, AListenerWaitsForScopesNoLongerThanTheFetchTimeout) {
  ToldProxy proxy(GetParam());
  proxy.Hold(kScopedRouteType);
  Offer(proxy);
  SetScope(proxy, "a", "1", "users");
  proxy.Start();
  proxy.Advance(seconds(14));
  EXPECT_EQ(Ask(proxy, "1"), "");
  proxy.Advance(seconds(2));
  EXPECT_EQ(Ask(proxy, "1"), "404");
  EXPECT_EQ(proxy.Stat("http.test.scoped_rds.mine.init_fetch_timeout"), 1);
  proxy.Tell(kScopedRouteType);
  proxy.Run();
  EXPECT_EQ(Ask(proxy, "1"), "users");
}

TEST_P(ScopedRoutesScenario, AListenerWaitsForATableNoLongerThanTheFetchTimeout) {
  ToldProxy proxy(GetParam());
  Offer(proxy);
  SetScope(proxy, "a", "1", "users");
  SetScope(proxy, "b", "2", "nowhere");
  proxy.Start();
  EXPECT_EQ(Ask(proxy, "1"), "");
  proxy.Advance(seconds(16));
  EXPECT_EQ(Ask(proxy, "1"), "users");
  EXPECT_EQ(Ask(proxy, "2"), "404");
}

TEST_P(ScopedRoutesScenario, AnotherTableForAScopeServesTheNextRequestOfAConnectionThatStays) {
  ToldProxy proxy(GetParam());
  Offer(proxy);
  SetScope(proxy, "a", "1", "users");
  proxy.Start();
  H1Client& client = proxy.Client();
  EXPECT_EQ(Ask(proxy, client, "1"), "users");
  SetScope(proxy, "a", "1", "others");
  EXPECT_EQ(Ask(proxy, client, "1"), "others");
  // And when what is in the table changes.
  proxy.SetRoutes("others", "users");
  proxy.Run();
  EXPECT_EQ(Ask(proxy, client, "1"), "users");
  EXPECT_FALSE(client.closed_by_peer());
}

TEST_P(ScopedRoutesScenario, TheTableBeforeServesUntilTheNewOneHasCome) {
  ToldProxy proxy(GetParam());
  Offer(proxy);
  proxy.Remove(kRouteType, "others");
  SetScope(proxy, "a", "1", "users");
  proxy.Start();
  SetScope(proxy, "a", "1", "others");
  EXPECT_EQ(Ask(proxy, "1"), "users");
  proxy.SetRoutes("others", "others");
  proxy.Run();
  EXPECT_EQ(Ask(proxy, "1"), "others");
}

TEST_P(ScopedRoutesScenario, AScopeThatIsGoneIsNoLongerFound) {
  ToldProxy proxy(GetParam());
  Offer(proxy);
  SetScope(proxy, "a", "1", "users");
  SetScope(proxy, "b", "2", "others");
  proxy.Start();
  EXPECT_EQ(proxy.Stat("http.test.scoped_rds.mine.all_scopes"), 2);
  proxy.Remove(kScopedRouteType, "a");
  proxy.Run();
  EXPECT_EQ(Ask(proxy, "1"), "404");
  EXPECT_EQ(Ask(proxy, "2"), "others");
  EXPECT_EQ(proxy.Stat("http.test.scoped_rds.mine.all_scopes"), 1);
}

TEST_P(ScopedRoutesScenario, ScopesWithOneKeyAreRefusedWithBothNames) {
  ToldProxy proxy(GetParam());
  Offer(proxy);
  SetScope(proxy, "a", "1", "users");
  SetScope(proxy, "b", "2", "others");
  proxy.Start();
  EXPECT_THAT(proxy.TakeRefusals(), IsEmpty());
  SetScope(proxy, "b", "1", "others");
  EXPECT_THAT(
      proxy.TakeRefusals(),
      ElementsAre("ScopedRouteConfiguration \"b\": key: is the key of the scope \"a\", too; "
                  "each scope has a key of its own"));
  EXPECT_EQ(Ask(proxy, "1"), "users");
  EXPECT_EQ(Ask(proxy, "2"), "others");
  EXPECT_EQ(proxy.Stat("http.test.scoped_rds.mine.update_rejected"), 1);
  EXPECT_EQ(proxy.Stat("listener_manager.srds.update_rejected"), 1);
}

TEST_P(ScopedRoutesScenario, WhatIsBadIsRefusedAndTheRestServes) {
  ToldProxy proxy(GetParam());
  Offer(proxy);
  SetScope(proxy, "a", "1", "users");
  SetScope(proxy, "b", "2", "others", "on_demand: true\n");
  proxy.Start();
  EXPECT_EQ(Ask(proxy, "1"), "users");
  EXPECT_EQ(Ask(proxy, "2"), "404");
  const std::vector<std::string> refusals = proxy.TakeRefusals();
  ASSERT_EQ(refusals.size(), 1u);
  EXPECT_THAT(refusals[0], HasSubstr("\"b\": on_demand: is not supported: no request waits"));
}

TEST_P(ScopedRoutesScenario, ATableMayComeWithItsScope) {
  ToldProxy proxy(GetParam());
  Offer(proxy);
  SetScope(proxy, "a", "1", "",
           "route_configuration:\n  virtual_hosts:\n  - name: all\n    domains: [\"*\"]\n"
           "    routes: [{ match: { prefix: / }, route: { cluster: others } }]\n");
  proxy.Start();
  EXPECT_EQ(Ask(proxy, "1"), "others");
}

TEST_P(ScopedRoutesScenario, AClusterThatAScopesOwnTableLeadsToStaysForTheTimeOfAChange) {
  ToldProxy proxy(GetParam());
  Offer(proxy);
  SetScope(proxy, "a", "1", "",
           "route_configuration:\n  virtual_hosts:\n  - name: all\n    domains: [\"*\"]\n"
           "    routes: [{ match: { prefix: / }, route: { cluster: others } }]\n");
  proxy.SetRoutes("others", "users");
  proxy.Start();
  proxy.Remove(kClusterType, "others");
  proxy.Run();
  EXPECT_EQ(Ask(proxy, "1"), "others");
  SetScope(proxy, "a", "1", "users");
  EXPECT_EQ(Ask(proxy, "1"), "users");
}

TEST_P(ScopedRoutesScenario, ScopesMayBeSaidInTheListenerAndTheirTablesCome) {
  ToldProxy proxy(GetParam());
  Offer(proxy);
  SetListener(proxy,
              absl::StrCat("rds_config_source: ", kAds,
                           ", scoped_route_configurations_list: { "
                           "scoped_route_configurations: [{ name: a, key: { fragments: [{ "
                           "string_key: '1' }] }, route_configuration_name: users }, { name: "
                           "b, key: { fragments: [{ string_key: '2' }] }, "
                           "route_configuration_name: others }] }"));
  proxy.Start();
  EXPECT_EQ(Ask(proxy, "1"), "users");
  EXPECT_EQ(Ask(proxy, "2"), "others");
  EXPECT_EQ(Ask(proxy, "3"), "404");
}

TEST_P(ScopedRoutesScenario, AListenerThatCannotHaveItsTablesIsRefused) {
  ToldProxy proxy(GetParam());
  Offer(proxy);
  SetListener(proxy, absl::StrCat("scoped_rds: { scoped_rds_config_source: ", kAds, " }"));
  proxy.Start();
  EXPECT_THAT(proxy.TakeRefusals(),
              ElementsAre(HasSubstr("scoped_routes.rds_config_source: is required; where tables "
                                    "come from that scopes name")));
}

TEST_P(ScopedRoutesScenario, ANewVersionOfAListenerHasTheScopesThatAreThere) {
  ToldProxy proxy(GetParam());
  Offer(proxy);
  SetScope(proxy, "a", "1", "users");
  proxy.Start();
  const std::string from = absl::StrCat("scoped_rds: { scoped_rds_config_source: ", kAds,
                                        " }, rds_config_source: ", kAds);
  SetListener(proxy, from, "      server_name: second\n");
  proxy.Run();
  H1Client& client = proxy.Client();
  EXPECT_EQ(Ask(proxy, client, "1"), "users");
  EXPECT_EQ(client.response(0).header("server"), "second");
  SetScope(proxy, "a", "2", "others");
  EXPECT_EQ(Ask(proxy, client, "2"), "others");
}

TEST_P(ScopedRoutesScenario, ABrokenStreamChangesNothing) {
  ToldProxy proxy(GetParam());
  Offer(proxy);
  SetScope(proxy, "a", "1", "users");
  proxy.Start();
  proxy.control_plane().End();
  proxy.Run();
  EXPECT_EQ(Ask(proxy, "1"), "users");
  proxy.Set(kScopedRouteType, "a", Scope("a", "1", "others"));
  proxy.Advance(seconds(31));
  EXPECT_EQ(Ask(proxy, "1"), "others");
}

TEST_P(ScopedRoutesScenario, FromAFile) {
  const std::string path =
      absl::StrCat(testing::TempDir(), "/scopes_", static_cast<int>(GetParam()), ".yaml");
  const auto write = [&path](const std::string& table) {
    std::ofstream(path) << "resources:\n- { \"@type\": " << kScopedRouteType.url
                        << ", name: a, key: { fragments: [{ string_key: '1' }] }, "
                           "route_configuration_name: "
                        << table << " }\n";
  };
  write("users");
  ToldProxy proxy(GetParam());
  Offer(proxy, absl::StrCat("{ path_config_source: { path: \"", path, "\" } }"));
  proxy.Start();
  EXPECT_EQ(Ask(proxy, "1"), "users");
  write("others");
  proxy.files().Change(path);
  proxy.Run();
  EXPECT_EQ(Ask(proxy, "1"), "others");
  remove(path.c_str());
}

}  // namespace
}  // namespace sluice
