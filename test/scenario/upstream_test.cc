// Pools, retries of stale connections, circuit breakers, name resolution, workers.
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Then = H1Answer::Then;

// ---- A kept connection that the host has just closed.

struct StaleCase {
  const char* request;
  bool tried_again;
};

class Stale : public testing::TestWithParam<StaleCase> {};

TEST_P(Stale, OnlyWhatMayBeRepeatedIs) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  H1Server& host = proxy.Host(H1Answer::Of(200));
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  bool first = true;
  host.SetOnRequest([&first](const H1Message&) {
    if (std::exchange(first, false)) return H1Answer{.bytes = "", .then = Then::kReset};
    return H1Answer{.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"};
  });
  client.Send(GetParam().request);
  proxy.Run();
  EXPECT_EQ(client.response(1).status(), GetParam().tried_again ? 200 : 503);
  EXPECT_EQ(host.requests().size(), GetParam().tried_again ? 3u : 2u);
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_rq_rx_reset"), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Methods, Stale,
    testing::Values(StaleCase{"GET / HTTP/1.1\r\nhost: a\r\n\r\n", true},
                    StaleCase{"OPTIONS / HTTP/1.1\r\nhost: a\r\n\r\n", true},
                    StaleCase{"DELETE / HTTP/1.1\r\nhost: a\r\n\r\n", true},
                    StaleCase{"PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n", true},
                    StaleCase{"PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc", false},
                    StaleCase{"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n", false},
                    StaleCase{"PATCH / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n", false}));

TEST(Retries, AFreshConnectionThatClosesIsNotTriedAgain) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  H1Server& host = proxy.Host(H1Answer{.bytes = "", .then = Then::kFin});
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(0).status(), 503);
  EXPECT_EQ(host.requests().size(), 1u);
}

TEST(Retries, OnceOnly) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  H1Server& host = proxy.Host(H1Answer::Of(200));
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  host.SetOnRequest([](const H1Message&) { return H1Answer{.bytes = "", .then = Then::kReset}; });
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(1).status(), 503);
  EXPECT_EQ(host.requests().size(), 3u);
}

TEST(Retries, AnAnswerThatHasBegunIsNotTriedAgain) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  H1Server& host = proxy.Host(H1Answer::Of(200));
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  host.SetOnRequest([](const H1Message&) {
    return H1Answer{.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab", .then = Then::kFin};
  });
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.responses().size(), 1u);
  EXPECT_EQ(host.requests().size(), 2u);
  EXPECT_TRUE(client.closed_by_peer());
}

// ---- Circuit breakers.

TEST(Breakers, ConnectionsAreLimitedAndRequestsWait) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.cluster = "circuit_breakers: { thresholds: [{ max_connections: 1 }] }"});
  H1Server& host = proxy.Host(
      H1Answer{.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", .delay = seconds(1)});
  H1Client& one = proxy.Client();
  H1Client& two = proxy.Client();
  one.Get("/");
  two.Get("/");
  proxy.Advance(milliseconds(2500));
  EXPECT_EQ(one.responses().size(), 1u);
  EXPECT_EQ(two.responses().size(), 1u);
  EXPECT_EQ(host.connections_accepted(), 1u);
  EXPECT_GE(proxy.Stat("cluster.users.upstream_cx_overflow"), 1);
}

TEST(Breakers, PendingRequestsAreLimited) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.cluster = R"(
    circuit_breakers: { thresholds: [{ max_connections: 1, max_pending_requests: 1 }] })"});
  proxy.Host(
      H1Answer{.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", .delay = seconds(1)});
  std::vector<H1Client*> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(&proxy.Client());
    clients.back()->Get("/");
    proxy.Run();
  }
  EXPECT_EQ(clients[2]->response(0).status(), 503);
  proxy.Advance(seconds(3));
  EXPECT_EQ(clients[0]->response(0).status(), 200);
  EXPECT_EQ(clients[1]->response(0).status(), 200);
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_rq_pending_overflow"), 1);
}

TEST(Breakers, HighPriorityHasItsOwn) {
  ProxyFixture proxy(R"(
    virtual_hosts:
    - name: all
      domains: ["*"]
      routes:
      - { match: { prefix: /high }, route: { cluster: users, priority: HIGH } }
      - { match: { prefix: / }, route: { cluster: users } }
  )",
                     {.cluster = "circuit_breakers: { thresholds: [{ max_requests: 1 }] }"});
  proxy.Host([](const H1Message& request) {
    return request.path() == "/" ? H1Answer{.bytes = ""} : H1Answer::Of(200);
  });
  H1Client& slow = proxy.Client();
  slow.Get("/");
  proxy.Run();
  H1Client& full = proxy.Client();
  full.Get("/low");
  H1Client& high = proxy.Client();
  high.Get("/high");
  proxy.Run();
  EXPECT_EQ(full.response(0).status(), 503);
  EXPECT_EQ(high.response(0).status(), 200);
}

// ---- Strict DNS.

struct Named {
  explicit Named(const std::string& more = "")
      : proxy(ProxyFixture::ToUsers(), {.cluster = "type: STRICT_DNS\n" + more}) {}
  ProxyFixture proxy;
};

TEST(StrictDns, HostsComeWhenTheNameDoes) {
  Named named("dns_refresh_rate: 2s");
  ProxyFixture& proxy = named.proxy;
  proxy.Host(H1Answer::Of(200, "found"));
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(0).status(), 503);
  proxy.resolver().Say("users.test", {"10.0.0.1"});
  proxy.Advance(seconds(10));
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(1).body, "found");
}

TEST(StrictDns, RequestsMoveToTheNewAddressAndThoseUnderWayEndAtTheOld) {
  Named named("dns_refresh_rate: 2s");
  ProxyFixture& proxy = named.proxy;
  H1Server& old = proxy.Host(
      H1Answer{.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nold", .delay = seconds(6)});
  H1Server& next = proxy.Host(H1Answer::Of(200, "new"), 1);
  proxy.resolver().Say("users.test", {"10.0.0.1"});
  proxy.Advance(seconds(10));
  H1Client& busy = proxy.Client();
  busy.Get("/");
  proxy.Run();
  proxy.resolver().Say("users.test", {"10.0.0.2"});
  proxy.Advance(seconds(4));
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(0).body, "new");
  proxy.Advance(seconds(4));
  EXPECT_EQ(busy.response(0).body, "old");
  EXPECT_EQ(old.connections_open(), 0u);
  EXPECT_EQ(next.requests().size(), 1u);
}

TEST(StrictDns, AFailingNameServerChangesNothing) {
  Named named("dns_refresh_rate: 2s");
  ProxyFixture& proxy = named.proxy;
  proxy.Host(H1Answer::Of(200));
  proxy.resolver().Say("users.test", {"10.0.0.1"});
  proxy.Advance(seconds(10));
  proxy.resolver().Fail("users.test");
  proxy.Advance(seconds(30));
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(0).status(), 200);
}

// ---- Logical DNS.

TEST(LogicalDns, NewConnectionsGoToTheFirstAddressOfTheLastAnswerAndOldOnesLiveOn) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.cluster = "type: LOGICAL_DNS\ndns_refresh_rate: 2s",
                      .log = "%RESPONSE_CODE% %UPSTREAM_HOST%",
                      .before_start = [](ProxyFixture& fixture) {
                        fixture.resolver().Say("users.test", {"10.0.0.1", "10.0.0.2"});
                      }});
  H1Server& old = proxy.Host(H1Answer::Of(200, "old"));
  H1Server& next = proxy.Host(H1Answer::Of(200, "new"), 1);
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(0).body, "old");
  proxy.resolver().Say("users.test", {"10.0.0.2", "10.0.0.1"});
  proxy.Advance(seconds(4));
  client.Get("/");  // on the connection that there is
  proxy.Run();
  EXPECT_EQ(client.response(1).body, "old");
  old.CloseAll();
  proxy.Run();
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(2).body, "new");
  EXPECT_EQ(next.connections_accepted(), 1u);
  // Each line says where the request went.
  EXPECT_EQ(proxy.LogLines(),
            (std::vector<std::string>{"200 10.0.0.1:80", "200 10.0.0.1:80", "200 10.0.0.2:80"}));
}

TEST(LogicalDns, ItsHealthIsThatOfWhereItIsNow) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.cluster = R"(
                        type: LOGICAL_DNS
                        dns_refresh_rate: 2s
                        common_lb_config: { healthy_panic_threshold: { value: 0 } }
                        health_checks:
                        - timeout: 1s
                          interval: 3s
                          no_traffic_interval: 3s
                          unhealthy_threshold: 1
                          healthy_threshold: 1
                          reuse_connection: false
                          http_health_check: { path: / }
                      )",
                                               .before_start = [](ProxyFixture& fixture) {
                                                 fixture.resolver().Say("users.test", {"10.0.0.1"});
                                               }});
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(0).status(), 503);
  proxy.Host(H1Answer::Of(200), 1);
  proxy.resolver().Say("users.test", {"10.0.0.2"});
  proxy.Advance(seconds(8));
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(1).status(), 200);
}

// ---- Several addresses of one host.

TEST(Addresses, TheNextIsTriedWhenTheFirstIsSilent) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.endpoints = R"(
                       endpoints:
                       - lb_endpoints:
                         - endpoint:
                             address: { socket_address: { address: 10.0.0.1, port_value: 80 } }
                             additional_addresses:
                             - address: { socket_address: { address: 10.0.0.2, port_value: 80 } }
                     )",
                                               .log = "%RESPONSE_CODE% %UPSTREAM_HOST%"});
  proxy.world().memory().shape(ProxyFixture::HostAddress(0, 0)).black_hole = true;
  proxy.Host(H1Answer::Of(200), 1);
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Advance(milliseconds(299));
  EXPECT_TRUE(client.responses().empty());
  proxy.Advance(milliseconds(1));
  EXPECT_EQ(client.response(0).status(), 200);
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_cx_total"), 1);
  EXPECT_EQ(proxy.LogLines(), std::vector<std::string>{"200 10.0.0.2:80"});
}

TEST(Addresses, SoItIsForALogicalHostOfBothFamilies) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.cluster = "type: LOGICAL_DNS\ndns_lookup_family: ALL",
                      .before_start = [](ProxyFixture& fixture) {
                        fixture.resolver().Say("users.test", {"2001:db8::1", "10.0.0.1"});
                      }});
  proxy.Host(H1Answer::Of(200), 0);
  H1Client& client = proxy.Client();
  client.Get("/");  // the first of them refuses
  proxy.Run();
  EXPECT_EQ(client.response(0).status(), 200);
}

// ---- Several workers, several clusters.

TEST(Workers, EachServesItsOwnConnections) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.workers = 4});
  H1Server& host = proxy.Host(H1Answer::Of(200));
  std::vector<H1Client*> clients;
  for (int i = 0; i < 16; ++i) clients.push_back(&proxy.Client());
  for (int round = 0; round < 3; ++round) {
    for (H1Client* client : clients) client->Get("/");
    proxy.Run();
  }
  for (H1Client* client : clients) EXPECT_EQ(client->responses().size(), 3u);
  EXPECT_EQ(host.requests().size(), 48u);
  EXPECT_EQ(proxy.Stat("http.test.downstream_rq_total"), 48);
}

TEST(Workers, BreakersCountForAllOfThem) {
  ProxyFixture proxy(
      ProxyFixture::ToUsers(),
      {.workers = 4, .cluster = "circuit_breakers: { thresholds: [{ max_requests: 2 }] }"});
  proxy.Host(H1Answer{.bytes = ""});
  std::vector<H1Client*> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(&proxy.Client());
    clients.back()->Get("/");
    proxy.Run();
  }
  int refused = 0;
  for (const H1Client* client : clients) refused += static_cast<int>(client->responses().size());
  EXPECT_EQ(refused, 6);
}

TEST(Weights, AreKept) {
  ProxyFixture proxy(R"(
    virtual_hosts:
    - name: all
      domains: ["*"]
      routes:
      - match: { prefix: / }
        route:
          weighted_clusters:
            header_name: x-pick
            clusters:
            - { name: a, weight: 10, request_headers_to_add: [{ header: { key: x-of, value: a } }] }
            - { name: b, weight: 90, host_rewrite_literal: b.test }
  )",
                     {.clusters = {{"a", 1}, {"b", 1}}});
  H1Server& a = proxy.Host(H1Answer::Of(200), 0, 0);
  H1Server& b = proxy.Host(H1Answer::Of(200), 0, 1);
  H1Client& client = proxy.Client();
  for (int i = 0; i < 400; ++i) {
    client.Get("/");
    proxy.Run();
  }
  EXPECT_GT(a.requests().size(), 15u);
  EXPECT_LT(a.requests().size(), 80u);
  EXPECT_EQ(a.requests().size() + b.requests().size(), 400u);
  EXPECT_EQ(a.request(0).header("x-of"), "a");
  EXPECT_EQ(b.request(0).header("host"), "b.test");
  EXPECT_EQ(b.request(0).header("x-of"), std::nullopt);
  const size_t before = a.requests().size();
  client.Get("/", {"x-pick: 9"});
  proxy.Run();
  EXPECT_EQ(a.requests().size(), before + 1);
  client.Get("/", {"x-pick: 10"});
  proxy.Run();
  EXPECT_EQ(a.requests().size(), before + 1);
}

// ---- Time.

TEST(Timeouts, TheRoutesRunsFromTheEndOfTheRequest) {
  ProxyFixture proxy(ProxyFixture::ToUsers("timeout: 2s"));
  proxy.Host(H1Answer{.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
                      .delay = milliseconds(1500)});
  H1Client& client = proxy.Client();
  client.Send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nab");
  proxy.Advance(seconds(10));
  client.Send("c");
  proxy.Advance(seconds(2));
  EXPECT_EQ(client.response(0).status(), 200);
}

TEST(Timeouts, AResponseThatTakesTooLongIsCut) {
  ProxyFixture proxy(ProxyFixture::ToUsers("timeout: 2s"));
  H1Server& host = proxy.Host(H1Answer{.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"});
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Advance(seconds(3));
  EXPECT_TRUE(client.responses().empty());
  EXPECT_EQ(client.reader().partial().body, "abc");
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_EQ(host.connections_open(), 0u);
  ASSERT_EQ(proxy.LogLines().size(), 1u);
  EXPECT_EQ(proxy.LogLines()[0], "200 UT response_timeout");
}

TEST(Timeouts, ProgressHoldsOffTheIdleTimeoutButNotTheDuration) {
  ProxyFixture proxy(ProxyFixture::ToUsers(
      "timeout: 0s\nidle_timeout: 2s\nmax_stream_duration: { max_stream_duration: 9s }"));
  H1Server& host = proxy.Host(H1Answer{.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n"});
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  for (int i = 0; i < 8; ++i) {
    proxy.Advance(seconds(1));
    ASSERT_EQ(host.connections_open(), 1u) << i;
    host.connection(0).Send("x");
  }
  proxy.Advance(milliseconds(900));
  EXPECT_FALSE(client.closed_by_peer());
  proxy.Advance(milliseconds(200));
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_EQ(client.reader().partial().body.size(), 8u);
  EXPECT_EQ(proxy.Stat("http.test.downstream_rq_max_duration_reached"), 1);
}

TEST(Timeouts, AConnectionsDurationEndsItBetweenRequests) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.manager = "common_http_protocol_options: { max_connection_duration: 5s }"});
  proxy.Host(H1Answer::Of(200));
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Advance(seconds(4));
  EXPECT_FALSE(client.closed_by_peer());
  proxy.Advance(seconds(2));
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(1).header("connection"), "close");
  EXPECT_TRUE(client.closed_by_peer());
}

// ---- Drain.

TEST(Drain, APipelinedRequestBehindTheLastAnswerIsNotServedTwiceNorHalf) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  H1Server& host = proxy.Host(
      H1Answer{.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", .delay = seconds(1)});
  H1Client& client = proxy.Client();
  client.Send("GET /1 HTTP/1.1\r\nhost: a\r\n\r\nGET /2 HTTP/1.1\r\nhost: a\r\n\r\n");
  proxy.Run();
  proxy.core().StartDrain([] {});
  proxy.Advance(seconds(8));
  ASSERT_EQ(client.responses().size(), 1u);
  EXPECT_EQ(client.response(0).header("connection"), "close");
  EXPECT_EQ(host.requests().size(), 1u);
  EXPECT_TRUE(client.closed_by_peer());
}

TEST(Drain, AnIdleConnectionIsServedOnceMoreInItsGrace) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  proxy.Host(H1Answer::Of(200));
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  bool empty = false;
  proxy.core().StartDrain([&empty] { empty = true; });
  proxy.Advance(seconds(2));
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(1).header("connection"), "close");
  EXPECT_TRUE(client.closed_by_peer());
  proxy.Advance(seconds(1));
  EXPECT_TRUE(empty);
}

TEST(Drain, ConnectionsMayGoOnBeingAccepted) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  proxy.Host(H1Answer::Of(200));
  proxy.core().StartDrain([] {}, ProxyCore::Accepting::kGoesOn);
  proxy.Run();
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(0).status(), 200);
  EXPECT_EQ(client.response(0).header("connection"), "close");
}

}  // namespace
}  // namespace sluice
