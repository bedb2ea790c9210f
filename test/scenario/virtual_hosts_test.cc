// Virtual hosts that come by themselves (VHDS), into tables that come by name, with a listener or
// with a scope. In the delta dialect, which is the only one that they are told in.
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
constexpr char kApi[] =
    "{ api_config_source: { api_type: DELTA_GRPC, transport_api_version: V3, grpc_services: [{ "
    "envoy_grpc: { cluster_name: xds } }] }, resource_api_version: V3 }";

std::string Vhds(const std::string& from = kAds) {
  return absl::StrCat("vhds: { config_source: ", from, " }\n");
}

// A virtual host of this domain, whose requests are answered by hosts of the cluster.
std::string Host(const std::string& name, const std::string& domains, const std::string& cluster) {
  return absl::StrCat("name: ", name, "\ndomains: [", domains,
                      "]\nroutes: [{ match: { prefix: / }, route: { cluster: ", cluster, " } }]\n");
}

void SetHost(ToldProxy& proxy, const std::string& name, const std::string& domains,
             const std::string& cluster = "users") {
  proxy.Set(kVirtualHostType, name, Host(name, domains, cluster));
  proxy.Run();
}

// The table "routes": what it has in it is for the domain "inline", by the cluster "users".
void SetTable(ToldProxy& proxy, const std::string& vhds = Vhds(), const std::string& more = "") {
  proxy.Set(kRouteType, "routes",
            absl::StrCat("name: routes\n", vhds,
                         "virtual_hosts:\n- name: inline\n  domains: [inline]\n  routes: [{ match: "
                         "{ prefix: / }, route: { cluster: users } }]\n",
                         more));
}

// Clusters "users" and "others" of hosts 0 and 1, and the listener "web".
void Offer(ToldProxy& proxy) {
  for (const int host : {0, 1}) {
    const std::string name = host == 0 ? "users" : "others";
    proxy.SetCluster(name);
    proxy.SetEndpoints(name, {host});
    proxy.Host(host, H1Answer::Of(200, name));
  }
  SetTable(proxy);
  proxy.SetListener("web", "10.9.9.9");
}

// A listener with this connection manager, which is told but for its filters.
void SetListener(ToldProxy& proxy, const std::string& name, const std::string& address,
                 const std::string& manager) {
  proxy.Set(
      kListenerType, name,
      absl::StrCat("name: ", name, "\naddress: { socket_address: { address: ", address,
                   ", port_value: 80 } }\nfilter_chains:\n- filters:\n  - name: http\n"
                   "    typed_config: { \"@type\": type.googleapis.com/envoy.extensions."
                   "filters.network.http_connection_manager.v3.HttpConnectionManager, ",
                   manager,
                   ", http_filters: [{ name: router, typed_config: { \"@type\": "
                   "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router } }] }\n"));
}

// Who answers, or the status, or "" for no answer.
std::string Ask(ToldProxy& proxy, H1Client& client, const std::string& host,
                const std::string& more = "") {
  const size_t before = client.responses().size();
  client.Send(absl::StrCat("GET / HTTP/1.1\r\nhost: ", host, "\r\n", more, "\r\n"));
  proxy.Run();
  if (client.responses().size() == before) return "";
  const H1Message& response = client.response(before);
  return response.status() == 200 ? response.body : absl::StrCat(response.status());
}
std::string Ask(ToldProxy& proxy, const std::string& host) {
  return Ask(proxy, proxy.Client(), host);
}

std::vector<std::string> RequestsFor(ToldProxy& proxy) {
  std::vector<std::string> requests;
  for (const std::string& request : proxy.control_plane().TakeRequests()) {
    if (request.starts_with("VirtualHost")) requests.push_back(request);
  }
  return requests;
}

TEST(VirtualHosts, ServeBesideThoseThatTheTableHasInIt) {
  ToldProxy proxy(Wire::kDelta);
  Offer(proxy);
  SetHost(proxy, "routes/a", "a.com", "others");
  SetHost(proxy, "routes/b", "\"*.b.com\"");
  proxy.Start();
  EXPECT_EQ(Ask(proxy, "inline"), "users");
  EXPECT_EQ(Ask(proxy, "a.com"), "others");
  EXPECT_EQ(Ask(proxy, "x.b.com"), "users");
  EXPECT_EQ(Ask(proxy, "c.com"), "404");
  EXPECT_THAT(proxy.TakeRefusals(), IsEmpty());
}

TEST(VirtualHosts, AreAddedChangedAndRemovedForTheNextRequestOfAConnectionThatStays) {
  ToldProxy proxy(Wire::kDelta);
  Offer(proxy);
  SetHost(proxy, "routes/a", "a.com");
  proxy.Start();
  H1Client& client = proxy.Client();
  EXPECT_EQ(Ask(proxy, client, "a.com"), "users");
  EXPECT_EQ(Ask(proxy, client, "b.com"), "404");
  SetHost(proxy, "routes/b", "b.com", "others");
  EXPECT_EQ(Ask(proxy, client, "b.com"), "others");
  SetHost(proxy, "routes/a", "a.com, a.org", "others");
  EXPECT_EQ(Ask(proxy, client, "a.com"), "others");
  EXPECT_EQ(Ask(proxy, client, "a.org"), "others");
  proxy.Remove(kVirtualHostType, "routes/a");
  proxy.Run();
  EXPECT_EQ(Ask(proxy, client, "a.com"), "404");
  EXPECT_EQ(Ask(proxy, client, "b.com"), "others");
  EXPECT_EQ(Ask(proxy, client, "inline"), "users");
  EXPECT_FALSE(client.closed_by_peer());
}

TEST(VirtualHosts, WhatIsBadIsRefusedByItselfAndTheOneBeforeServes) {
  ToldProxy proxy(Wire::kDelta);
  Offer(proxy);
  SetHost(proxy, "routes/a", "a.com");
  proxy.Start();
  proxy.control_plane().TakeRequests();
  proxy.Set(kVirtualHostType, "routes/a",
            "name: routes/a\ndomains: [a.com]\nroutes: [{ match: { prefix: / } }]\n");
  proxy.Set(kVirtualHostType, "routes/b", Host("routes/b", "b.com", "others"));
  proxy.Run();
  EXPECT_THAT(
      proxy.TakeRefusals(),
      ElementsAre(HasSubstr("VirtualHost \"routes/a\": routes[0]: must set one of route, ")));
  EXPECT_EQ(Ask(proxy, "a.com"), "users");
  EXPECT_EQ(Ask(proxy, "b.com"), "others");
  EXPECT_EQ(proxy.Stat("listener_manager.vhds.update_rejected"), 1);
  EXPECT_EQ(proxy.Stat("http.test.vhds.routes.update_rejected"), 1);
  // And when it is good again.
  SetHost(proxy, "routes/a", "a.com", "others");
  EXPECT_EQ(Ask(proxy, "a.com"), "others");
}

TEST(VirtualHosts, ADomainThatIsTakenIsRefusedWithItsPath) {
  ToldProxy proxy(Wire::kDelta);
  Offer(proxy);
  SetHost(proxy, "routes/a", "a.com");
  proxy.Start();
  SetHost(proxy, "routes/b", "b.com, A.com", "others");
  EXPECT_THAT(
      proxy.TakeRefusals(),
      ElementsAre("VirtualHost \"routes/b\": domains[1]: \"A.com\" is there already, in the "
                  "virtual host \"routes/a\"; a domain belongs to one virtual host, once; "
                  "case does not count"));
  EXPECT_EQ(Ask(proxy, "a.com"), "users");
  EXPECT_EQ(Ask(proxy, "b.com"), "404");
  SetHost(proxy, "routes/c", "inline", "others");
  EXPECT_THAT(proxy.TakeRefusals(),
              Contains(HasSubstr("\"routes/c\": domains[0]: \"inline\" is there already")));
  EXPECT_EQ(Ask(proxy, "inline"), "users");
}

TEST(VirtualHosts, HandOnTheirDomainsInOneResponse) {
  ToldProxy proxy(Wire::kDelta);
  Offer(proxy);
  SetHost(proxy, "routes/a", "a.com", "users");
  SetHost(proxy, "routes/b", "b.com", "others");
  proxy.Start();
  proxy.Set(kVirtualHostType, "routes/a", Host("routes/a", "b.com", "users"));
  proxy.Set(kVirtualHostType, "routes/b", Host("routes/b", "a.com", "others"));
  proxy.Run();
  // The control plane has told them one after the other: so they cannot be.
  EXPECT_EQ(proxy.TakeRefusals().size(), 2u);
  EXPECT_EQ(Ask(proxy, "a.com"), "users");
  proxy.control_plane().End();
  proxy.Advance(seconds(31));
  EXPECT_EQ(Ask(proxy, "b.com"), "users");
  EXPECT_EQ(Ask(proxy, "a.com"), "others");
}

TEST(VirtualHosts, AreOfTheTableThatTheirNameSays) {
  ToldProxy proxy(Wire::kDelta);
  Offer(proxy);
  SetHost(proxy, "other/a", "a.com");
  SetHost(proxy, "routes/deep/b", "b.com");
  SetHost(proxy, "nowhere", "c.com");
  SetHost(proxy, "routes/d", "d.com");
  proxy.Start();
  EXPECT_THAT(proxy.TakeRefusals(),
              ElementsAre("VirtualHost \"nowhere\": is of no table: the name of the resource does "
                          "not say of which; name it <route configuration>/<virtual host>"));
  for (const std::string host : {"a.com", "b.com", "c.com"}) EXPECT_EQ(Ask(proxy, host), "404");
  EXPECT_EQ(Ask(proxy, "d.com"), "users");
}

TEST(VirtualHosts, WhatCameBeforeItsTableServesInIt) {
  ToldProxy proxy(Wire::kDelta);
  Offer(proxy);
  SetHost(proxy, "second/a", "a.com", "others");
  proxy.Start();
  proxy.Set(kRouteType, "second", absl::StrCat("name: second\n", Vhds()));
  SetListener(
      proxy, "second", "10.9.9.8",
      "stat_prefix: second, rds: { route_config_name: second, config_source: { ads: {} } }");
  proxy.Run();
  EXPECT_EQ(Ask(proxy, proxy.Client("10.9.9.8"), "a.com"), "others");
}

TEST(VirtualHosts, AListenerWaitsForTheFirstAnswer) {
  ToldProxy proxy(Wire::kDelta);
  proxy.Hold(kVirtualHostType);
  proxy.control_plane().Hold(kVirtualHostType);
  Offer(proxy);
  SetHost(proxy, "routes/a", "a.com");
  proxy.Start();
  EXPECT_EQ(Ask(proxy, "inline"), "");
  proxy.Advance(seconds(14));
  EXPECT_EQ(Ask(proxy, "inline"), "");
  proxy.Tell(kVirtualHostType);
  proxy.Run();
  EXPECT_EQ(Ask(proxy, "inline"), "users");
  EXPECT_EQ(Ask(proxy, "a.com"), "users");
}

TEST(VirtualHosts, AListenerWaitsNoLongerThanTheFetchTimeout) {
  ToldProxy proxy(Wire::kDelta);
  proxy.Hold(kVirtualHostType);
  proxy.control_plane().Hold(kVirtualHostType);
  Offer(proxy);
  SetHost(proxy, "routes/a", "a.com");
  proxy.Start();
  proxy.Advance(seconds(16));
  EXPECT_EQ(Ask(proxy, "inline"), "users");
  EXPECT_EQ(Ask(proxy, "a.com"), "404");
  EXPECT_EQ(proxy.Stat("http.test.vhds.routes.init_fetch_timeout"), 1);
  proxy.Tell(kVirtualHostType);
  proxy.Run();
  EXPECT_EQ(Ask(proxy, "a.com"), "users");
}

TEST(VirtualHosts, TheTableBeforeServesUntilThereIsAnAnswer) {
  ToldProxy proxy(Wire::kDelta);
  proxy.Hold(kVirtualHostType);
  proxy.control_plane().Hold(kVirtualHostType);
  Offer(proxy);
  SetTable(proxy, "");
  SetHost(proxy, "routes/a", "a.com");
  proxy.Start();
  EXPECT_EQ(Ask(proxy, "inline"), "users");
  proxy.Set(kRouteType, "routes", absl::StrCat("name: routes\n", Vhds()));
  proxy.Run();
  EXPECT_EQ(Ask(proxy, "inline"), "users");
  proxy.Tell(kVirtualHostType);
  proxy.Run();
  EXPECT_EQ(Ask(proxy, "inline"), "404");
  EXPECT_EQ(Ask(proxy, "a.com"), "users");
}

TEST(VirtualHosts, StayWhenTheirTableChanges) {
  ToldProxy proxy(Wire::kDelta);
  Offer(proxy);
  SetHost(proxy, "routes/a", "a.com");
  proxy.Start();
  const std::string second =
      "- name: second\n  domains: [second]\n  routes: [{ match: { prefix: / }, route: { cluster: "
      "others } }]\n";
  SetTable(proxy, Vhds(), second);
  proxy.Run();
  EXPECT_EQ(Ask(proxy, "second"), "others");
  EXPECT_EQ(Ask(proxy, "a.com"), "users");
  // Also when it is other for all of them.
  SetTable(proxy, Vhds() + "response_headers_to_add: [{ header: { key: x-of, value: table } }]\n",
           second);
  proxy.Run();
  H1Client& client = proxy.Client();
  EXPECT_EQ(Ask(proxy, client, "a.com"), "users");
  EXPECT_EQ(client.response(0).header("x-of"), "table");
  EXPECT_EQ(Ask(proxy, client, "inline"), "users");
  // And they go when it has none any more.
  SetTable(proxy, "");
  proxy.Run();
  EXPECT_EQ(Ask(proxy, client, "a.com"), "404");
  EXPECT_EQ(Ask(proxy, client, "inline"), "users");
}

TEST(VirtualHosts, ATableThatWouldTakeTheirDomainsIsRefused) {
  ToldProxy proxy(Wire::kDelta);
  Offer(proxy);
  SetHost(proxy, "routes/a", "a.com");
  proxy.Start();
  SetTable(proxy, Vhds(), "- name: second\n  domains: [second, a.com]\n");
  proxy.Run();
  EXPECT_THAT(proxy.TakeRefusals(),
              ElementsAre(HasSubstr("RouteConfiguration \"routes\": virtual_hosts[1].domains[1]: "
                                    "\"a.com\" is there already")));
  EXPECT_EQ(Ask(proxy, "a.com"), "users");
  EXPECT_EQ(Ask(proxy, "second"), "404");
}

TEST(VirtualHosts, AClusterThatOneIsToLeadToIsWaitedForWhileTheOneBeforeServes) {
  ToldProxy proxy(Wire::kDelta);
  Offer(proxy);
  proxy.Remove(kClusterType, "others");
  SetHost(proxy, "routes/a", "a.com");
  proxy.Start();
  SetHost(proxy, "routes/a", "a.com", "others");
  EXPECT_EQ(Ask(proxy, "a.com"), "users");
  proxy.SetCluster("others");
  proxy.Run();
  EXPECT_EQ(Ask(proxy, "a.com"), "others");
  // A new one serves at once, and no wait is without end.
  SetHost(proxy, "routes/b", "b.com", "third");
  EXPECT_EQ(Ask(proxy, "b.com"), "503");
  SetHost(proxy, "routes/a", "a.com", "fourth");
  proxy.Advance(seconds(14));
  EXPECT_EQ(Ask(proxy, "a.com"), "others");
  proxy.Advance(seconds(2));
  EXPECT_EQ(Ask(proxy, "a.com"), "503");
}

TEST(VirtualHosts, AClusterThatOneLeadsToStaysForTheTimeOfAChange) {
  ToldProxy proxy(Wire::kDelta);
  Offer(proxy);
  SetHost(proxy, "routes/a", "a.com", "others");
  proxy.Start();
  proxy.Remove(kClusterType, "others");
  proxy.Run();
  EXPECT_EQ(Ask(proxy, "a.com"), "others");
  SetHost(proxy, "routes/a", "a.com", "users");
  EXPECT_EQ(Ask(proxy, "a.com"), "users");
  EXPECT_EQ(proxy.Stat("cluster_manager.cluster_removed"), 1);
}

TEST(VirtualHosts, ARequestUnderWayKeepsTheOneThatItWasRoutedBy) {
  ToldProxy proxy(Wire::kDelta);
  Offer(proxy);
  proxy.SetEndpoints("others", {5});
  proxy.Host(5, H1Answer{.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\nx-from: it\r\n\r\nslow",
                         .delay = seconds(5)});
  proxy.Set(kVirtualHostType, "routes/a",
            Host("routes/a", "a.com", "others") +
                "response_headers_to_add: [{ header: { key: x-of, value: host } }]\n");
  proxy.Start();
  H1Client& client = proxy.Client();
  EXPECT_EQ(Ask(proxy, client, "a.com"), "");
  proxy.Remove(kVirtualHostType, "routes/a");
  proxy.Run();
  EXPECT_EQ(Ask(proxy, "a.com"), "404");
  proxy.Advance(seconds(6));
  EXPECT_EQ(client.response(0).body, "slow");
  EXPECT_EQ(client.response(0).header("x-of"), "host");
}

TEST(VirtualHosts, AreAskedForAsEnvoyDoesAndKnownAfterAReconnect) {
  ToldProxy proxy(Wire::kDelta);
  Offer(proxy);
  SetHost(proxy, "routes/a", "a.com");
  SetHost(proxy, "routes/b", "b.com");
  proxy.Start();
  const std::vector<std::string> asked = RequestsFor(proxy);
  ASSERT_FALSE(asked.empty());
  EXPECT_EQ(asked[0], "VirtualHost node me");
  proxy.control_plane().End();
  proxy.Remove(kVirtualHostType, "routes/b");
  proxy.Run();
  EXPECT_EQ(Ask(proxy, "a.com"), "users");
  EXPECT_EQ(Ask(proxy, "b.com"), "users");
  proxy.Advance(seconds(31));
  const std::vector<std::string> again = RequestsFor(proxy);
  ASSERT_FALSE(again.empty());
  EXPECT_THAT(again[0], HasSubstr("VirtualHost knows [routes/a=v"));
  EXPECT_THAT(again[0], HasSubstr(" routes/b=v"));
  EXPECT_EQ(Ask(proxy, "a.com"), "users");
  EXPECT_EQ(Ask(proxy, "b.com"), "404");
}

TEST(VirtualHosts, ComeByAStreamOfTheirOwn) {
  // The rest in state of the world.
  ToldProxy proxy(Wire::kStateOfTheWorld);
  Offer(proxy);
  SetTable(proxy, Vhds(kApi));
  SetHost(proxy, "routes/a", "a.com", "others");
  proxy.Start();
  EXPECT_EQ(Ask(proxy, "a.com"), "others");
  EXPECT_THAT(proxy.control_plane().methods(),
              Contains("/envoy.service.route.v3.VirtualHostDiscoveryService/DeltaVirtualHosts"));
}

TEST(VirtualHosts, CannotComeInAnotherDialect) {
  ToldProxy proxy(Wire::kStateOfTheWorld);
  Offer(proxy);
  proxy.Start();
  EXPECT_THAT(proxy.TakeRefusals(),
              Contains(HasSubstr("\"routes\": vhds.config_source: does not speak the delta "
                                 "dialect, in which alone virtual hosts are told; say api_type: "
                                 "DELTA_GRPC, there or in dynamic_resources.ads_config")));
  SetTable(proxy, Vhds("{ path: /nowhere.yaml }"));
  proxy.Advance(seconds(1));
  EXPECT_THAT(proxy.TakeRefusals(),
              Contains(HasSubstr("\"routes\": vhds.config_source: does not speak")));
}

TEST(VirtualHosts, ServeInTheTableOfAListener) {
  ToldProxy proxy(Wire::kDelta);
  Offer(proxy);
  const auto set_listener = [&](const std::string& from) {
    SetListener(proxy, "web", "10.9.9.9",
                absl::StrCat("stat_prefix: test, route_config: { name: routes, ", Vhds(from), "}"));
  };
  set_listener("{ path: /nowhere.yaml }");
  SetHost(proxy, "routes/a", "a.com", "others");
  proxy.Start();
  EXPECT_THAT(proxy.TakeRefusals(),
              Contains(HasSubstr("route_config.vhds.config_source: does not speak")));
  set_listener(kAds);
  proxy.Run();
  EXPECT_EQ(Ask(proxy, "a.com"), "others");
  SetHost(proxy, "routes/a", "a.com", "users");
  EXPECT_EQ(Ask(proxy, "a.com"), "users");
  EXPECT_EQ(proxy.Stat("http.test.vhds.routes.config_reload"), 2);
}

TEST(VirtualHosts, ServeInTheTableOfAScope) {
  ToldProxy proxy(Wire::kDelta);
  Offer(proxy);
  SetListener(proxy, "web", "10.9.9.9",
              "stat_prefix: test, scoped_routes: { name: mine, scope_key_builder: { fragments: [{ "
              "header_value_extractor: { name: x-scope, index: 0 } }] }, scoped_rds: { "
              "scoped_rds_config_source: { ads: {} } }, rds_config_source: { ads: {} } }");
  const auto set_scope = [&](const std::string& from) {
    proxy.Set(kScopedRouteType, "a",
              absl::StrCat("name: a\nkey: { fragments: [{ string_key: one }] }\n"
                           "route_configuration: { name: scoped, ",
                           Vhds(from), "}\n"));
    proxy.Run();
  };
  set_scope(kAds);
  SetHost(proxy, "scoped/a", "a.com", "others");
  proxy.Start();
  H1Client& client = proxy.Client();
  EXPECT_EQ(Ask(proxy, client, "a.com", "x-scope: one\r\n"), "others");
  EXPECT_EQ(Ask(proxy, client, "a.com", "x-scope: two\r\n"), "404");
  SetHost(proxy, "scoped/a", "a.com", "users");
  EXPECT_EQ(Ask(proxy, client, "a.com", "x-scope: one\r\n"), "users");
  set_scope("{ path: /nowhere.yaml }");
  EXPECT_THAT(proxy.TakeRefusals(),
              Contains(HasSubstr("\"a\": route_configuration.vhds.config_source: does not speak")));
  EXPECT_EQ(Ask(proxy, client, "a.com", "x-scope: one\r\n"), "users");
}

TEST(VirtualHosts, AreCountedUnderEnvoysNames) {
  ToldProxy proxy(Wire::kDelta);
  Offer(proxy);
  SetHost(proxy, "routes/a", "a.com");
  proxy.Start();
  const std::string prefix = "http.test.vhds.routes.";
  EXPECT_EQ(proxy.Stat(prefix + "update_attempt"), 1);
  EXPECT_EQ(proxy.Stat(prefix + "update_success"), 1);
  EXPECT_EQ(proxy.Stat(prefix + "config_reload"), 1);
  EXPECT_EQ(proxy.Stat(prefix + "update_empty"), 0);
  SetHost(proxy, "routes/a", "b.com");
  EXPECT_EQ(proxy.Stat(prefix + "update_success"), 2);
  EXPECT_EQ(proxy.Stat(prefix + "config_reload"), 2);
  proxy.control_plane().Send({.type = &kVirtualHostType, .version = "9"});
  proxy.Run();
  EXPECT_EQ(proxy.Stat(prefix + "update_empty"), 1);
  EXPECT_EQ(proxy.Stat(prefix + "config_reload"), 2);
}

}  // namespace
}  // namespace sluice
