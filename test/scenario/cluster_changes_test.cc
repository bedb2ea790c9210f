// Clusters that are changed, removed and made while requests are under way: what a client notices
// of it is nothing (M7).
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"
#include "test/harness/ws_peer.h"
#include "test/scenario/asking.h"
#include "test/scenario/tls_setup.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr char kChecked[] = R"(
    common_lb_config: { healthy_panic_threshold: { value: 0 } }
    health_checks:
    - timeout: 1s
      interval: 5s
      no_traffic_interval: 5s
      unhealthy_threshold: 1
      healthy_threshold: 1
      http_health_check: { path: /health }
)";
// What concerns connections, and nothing else.
constexpr char kOtherConnections[] = "    per_connection_buffer_limit_bytes: 4096\n";

H1Answer Late(absl::string_view body, Duration delay) {
  H1Answer answer = H1Answer::Of(200, body);
  answer.delay = delay;
  return answer;
}

// ---- What stays.

TEST(ClusterChanges, OfBalancingAndLimitsKeepHealthAndConnections) {
  H1Server *good = nullptr, *bad = nullptr;
  ProxyFixture proxy(
      ProxyFixture::ToUsers(),
      {.cluster = kChecked, .clusters = {{"users", 2}}, .before_start = [&](ProxyFixture& fixture) {
         good = &fixture.Host(H1Answer::Of(200), 0);
         bad = &fixture.Host(H1Answer::Of(500), 1);
       }});
  EXPECT_EQ(StatusOf(proxy), 200);
  const size_t connections = good->connections_accepted();
  proxy.ChangeCluster(absl::StrCat(kChecked, "    lb_policy: RANDOM\n",
                                   "    circuit_breakers: { thresholds: [{ max_requests: 7 }] }\n"),
                      2);
  proxy.Run();
  for (int i = 0; i < 6; ++i) EXPECT_EQ(StatusOf(proxy), 200);
  EXPECT_EQ(good->connections_accepted(), connections);
  EXPECT_EQ(RequestsFor(*good, "/health"), 1u);
  EXPECT_EQ(RequestsFor(*bad, "/"), 0u);
  EXPECT_EQ(proxy.Stat("cluster_manager.cluster_modified"), 1);
}

TEST(ClusterChanges, ThatSayTheSameAreNone) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  proxy.ChangeCluster("");
  proxy.Run();
  EXPECT_EQ(proxy.Stat("cluster_manager.cluster_modified"), 0);
}

TEST(ClusterChanges, KeepAHostThatIsOutOutAsLongAsItWouldHaveBeen) {
  const std::string fields =
      "    outlier_detection: { consecutive_5xx: 1, max_ejection_percent: 50 }\n";
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.cluster = fields, .clusters = {{"users", 2}}});
  proxy.Host(H1Answer::Of(200), 0);
  H1Server& bad = proxy.Host(H1Answer::Of(500), 1);
  for (int i = 0; i < 4; ++i) StatusOf(proxy);
  EXPECT_EQ(bad.requests().size(), 1u);
  proxy.ChangeCluster(fields + "    lb_policy: RANDOM\n", 2);
  proxy.Run();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(StatusOf(proxy), 200);
  proxy.Advance(seconds(41));
  EXPECT_EQ(proxy.Stat("cluster.users.membership_healthy"), 2);
}

// ---- What ends, in peace.

TEST(ClusterChanges, OfConnectionsLetRequestsEndOnThoseThatThereAre) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  H1Server& host = proxy.Host(Late("old", seconds(5)));
  H1Client& busy = proxy.Client();
  busy.Get("/");
  proxy.Run();
  host.SetOnRequest([](const H1Message&) { return H1Answer::Of(200, "new"); });
  proxy.ChangeCluster(kOtherConnections);
  proxy.Run();
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(0).body, "new");
  EXPECT_EQ(host.connections_open(), 2u);
  proxy.Advance(seconds(5));
  EXPECT_EQ(busy.response(0).body, "old");
  EXPECT_EQ(host.connections_open(), 1u);
}

TEST(ClusterChanges, ToTlsAreForTheNextConnection) {
  TlsSetup tls;
  ProxyFixture proxy(ProxyFixture::ToUsers());
  H1Server& host = proxy.Host(H1Answer::Of(200));
  EXPECT_EQ(StatusOf(proxy), 200);
  tls.LayHost(proxy, {});
  proxy.ChangeCluster(tls.Upstream());
  proxy.Run();
  EXPECT_EQ(host.connections_open(), 0u);  // the idle one is of no more use
  EXPECT_EQ(StatusOf(proxy), 200);
  EXPECT_EQ(proxy.Stat("cluster.users.ssl.handshake"), 1);
}

TEST(ClusterChanges, AHostThatIsListedNoMoreEndsWithItsRequests) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.clusters = {{"users", 2}}});
  proxy.Host(Late("", seconds(5)), 0);
  H1Server& gone = proxy.Host(Late("", seconds(5)), 1);
  std::vector<H1Client*> busy;
  for (int i = 0; i < 4; ++i) {
    busy.push_back(&proxy.Client());
    busy.back()->Get("/");
    proxy.Run();
  }
  proxy.ChangeCluster("", 1);
  proxy.Run();
  proxy.Advance(seconds(5));
  for (const H1Client* client : busy) EXPECT_EQ(client->response(0).status(), 200);
  EXPECT_EQ(gone.connections_open(), 0u);
}

TEST(ClusterChanges, AHostMoreMayEndTheConnectionsToAllOthers) {
  const std::string fields =
      "    common_lb_config: { close_connections_on_host_set_change: true }\n";
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.cluster = fields});
  H1Server& host = proxy.Host(Late("", seconds(5)));
  H1Client& busy = proxy.Client();
  busy.Get("/");
  proxy.Run();
  proxy.ChangeCluster(fields, 2);
  proxy.Run();
  EXPECT_EQ(host.connections_open(), 1u);
  proxy.Advance(seconds(5));
  EXPECT_EQ(busy.response(0).status(), 200);
  EXPECT_EQ(host.connections_open(), 0u);
}

TEST(ClusterChanges, TunnelsLiveOnThroughThemAndThroughRemoval) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  WsServer host(proxy.world(), ProxyFixture::HostAddress(0, 0));
  WsClient client(proxy.world(), proxy.listener_address());
  client.Handshake("/chat");
  proxy.Run();
  ASSERT_TRUE(client.open());
  proxy.ChangeCluster(kOtherConnections);
  proxy.Advance(seconds(60));
  client.ws().Text("one");
  proxy.Run();
  proxy.core().clusters().Remove("users");
  proxy.Advance(seconds(60));
  client.ws().Text("two");
  proxy.Run();
  EXPECT_EQ(host.ws().messages(), (std::vector<std::string>{"one", "two"}));
}

TEST(ClusterChanges, RemovalLetsRequestsEnd) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  H1Server& host = proxy.Host(Late("", seconds(5)));
  H1Client& busy = proxy.Client();
  busy.Get("/");
  proxy.Run();
  proxy.core().clusters().Remove("users");
  proxy.Run();
  EXPECT_EQ(StatusOf(proxy), 503);
  proxy.Advance(seconds(5));
  EXPECT_EQ(busy.response(0).status(), 200);
  EXPECT_EQ(host.connections_open(), 0u);
  EXPECT_EQ(proxy.LogLines(),
            (std::vector<std::string>{"503 NC cluster_not_found", "200 - via_upstream"}));
}

TEST(ClusterChanges, AnotherTryGoesOnOverThem) {
  ProxyFixture proxy(ProxyFixture::ToUsers(
      "retry_policy: { retry_on: 5xx, num_retries: 1, retry_back_off: { base_interval: 5s } }"));
  H1Server& host = proxy.Host(H1Answer::Of(503));
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  host.SetOnRequest([](const H1Message&) { return H1Answer::Of(200); });
  proxy.ChangeCluster(kOtherConnections);
  proxy.Advance(seconds(6));
  EXPECT_EQ(client.response(0).status(), 200);
}

// ---- Many of them, under load, on all workers.

TEST(ClusterChanges, FailNoRequestHoweverManyThereAre) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.workers = 4, .clusters = {{"users", 3}}});
  for (int host = 0; host < 3; ++host) proxy.Host(Late("", milliseconds(7)), host);
  std::vector<H1Client*> clients;
  for (int i = 0; i < 12; ++i) clients.push_back(&proxy.Client());
  const std::string changes[] = {"    lb_policy: RANDOM\n", kOtherConnections,
                                 "    lb_policy: LEAST_REQUEST\n",
                                 "    max_requests_per_connection: 2\n"};
  for (int round = 0; round < 12; ++round) {
    for (H1Client* client : clients) client->Get("/");
    proxy.ChangeCluster(changes[round % 4], 1 + round % 3);
    proxy.Advance(milliseconds(3));
    proxy.ChangeCluster("", 3);
    proxy.Advance(milliseconds(7));
  }
  for (const H1Client* client : clients) {
    ASSERT_EQ(client->responses().size(), 12u);
    for (const H1Message& response : client->responses()) EXPECT_EQ(response.status(), 200);
  }
}

// ---- Warming.

TEST(ClusterChanges, TheOldClusterServesWhileTheNewOneWarms) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  proxy.Host(H1Answer::Of(200), 0);
  H1Server& next = proxy.Host(H1Answer::Of(200), 1);
  proxy.resolver().Say("users.test", {"10.0.0.2"});
  proxy.resolver().SetDelay(seconds(2));
  proxy.ChangeCluster("    type: STRICT_DNS\n");
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(StatusOf(proxy), 200);
    EXPECT_EQ(proxy.Stat("cluster_manager.warming_clusters"), 1);
    EXPECT_EQ(next.requests().size(), 0u);
    proxy.Advance(milliseconds(500));
  }
  EXPECT_EQ(proxy.Stat("cluster_manager.warming_clusters"), 0);
  EXPECT_EQ(StatusOf(proxy), 200);
  EXPECT_EQ(next.requests().size(), 1u);
}

TEST(ClusterChanges, ANewCheckIsMadeOnceBeforeItCounts) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  proxy.Host([](const H1Message& request) {
    H1Answer answer = H1Answer::Of(200);
    if (request.path() == "/health") answer.delay = milliseconds(500);
    return answer;
  });
  proxy.ChangeCluster(kChecked);
  EXPECT_EQ(StatusOf(proxy), 200);
  EXPECT_EQ(proxy.Stat("cluster_manager.warming_clusters"), 1);
  proxy.Advance(milliseconds(500));
  EXPECT_EQ(proxy.Stat("cluster_manager.warming_clusters"), 0);
  EXPECT_EQ(StatusOf(proxy), 200);
}

// ---- EDS.

TEST(ClusterChanges, AnEdsClusterServesFromWhenItsEndpointsCome) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  H1Server& first = proxy.Host(H1Answer::Of(200), 0);
  H1Server& second = proxy.Host(H1Answer::Of(200), 1);
  proxy.core().clusters().Remove("users");
  proxy.Run();
  proxy.ChangeCluster(
      "    type: EDS\n    eds_cluster_config: { eds_config: { path_config_source: { path: /x } } "
      "}\n");
  EXPECT_EQ(StatusOf(proxy), 503);
  const auto set_endpoints = [&proxy](int host) {
    EndpointSpec endpoint;
    endpoint.facts.address = ProxyFixture::HostAddress(0, host);
    proxy.core().clusters().SetEndpoints("users", {endpoint});
    proxy.Run();
  };
  set_endpoints(0);
  EXPECT_EQ(StatusOf(proxy), 200);
  set_endpoints(1);
  EXPECT_EQ(StatusOf(proxy), 200);
  EXPECT_EQ(first.requests().size(), 1u);
  EXPECT_EQ(second.requests().size(), 1u);
}

}  // namespace
}  // namespace sluice
