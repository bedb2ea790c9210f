// How much of a cluster may be used, beyond upstream_test.cc's circuit breakers; and from where.
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(HostLimits, ConnectionsToEachHostAreLimited) {
  ProxyFixture proxy(
      ProxyFixture::ToUsers(),
      {.cluster = "circuit_breakers: { per_host_thresholds: [{ max_connections: 2 }] }",
       .clusters = {{"users", 2}}});
  const H1Answer late{.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", .delay = seconds(1)};
  H1Server& one = proxy.Host(late, 0);
  H1Server& two = proxy.Host(late, 1);
  std::vector<H1Client*> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(&proxy.Client());
    clients.back()->Get("/");
    proxy.Run();
  }
  EXPECT_EQ(one.connections_accepted(), 2u);
  EXPECT_EQ(two.connections_accepted(), 2u);
  EXPECT_GE(proxy.Stat("cluster.users.upstream_cx_overflow"), 1);
  proxy.Advance(milliseconds(2500));
  for (const H1Client* client : clients) EXPECT_EQ(client->response(0).status(), 200);
  EXPECT_EQ(one.connections_accepted() + two.connections_accepted(), 4u);
}

TEST(RetryBudget, LeavesNoRoomForMoreRetriesThanItsShare) {
  ProxyFixture proxy(
      ProxyFixture::ToUsers("retry_policy: { retry_on: 5xx, num_retries: 1, retry_back_off: { "
                            "base_interval: 10s } }"),
      {.cluster = R"(
    circuit_breakers:
      thresholds:
      - track_remaining: true
        retry_budget: { budget_percent: { value: 0 }, min_retry_concurrency: 1 })"});
  proxy.Host(H1Answer::Of(503));
  H1Client& waits = proxy.Client();
  waits.Get("/");
  proxy.Run();
  EXPECT_EQ(proxy.Stat("cluster.users.circuit_breakers.default.remaining_retries"), 0);
  EXPECT_EQ(proxy.Stat("cluster.users.circuit_breakers.default.rq_retry_open"), 1);
  H1Client& refused = proxy.Client();
  refused.Get("/");
  proxy.Run();
  EXPECT_EQ(refused.response(0).status(), 503);
  EXPECT_TRUE(waits.responses().empty());
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_rq_retry_overflow"), 1);
  proxy.Advance(seconds(20));
  EXPECT_EQ(waits.response(0).status(), 503);
}

TEST(BindConfig, ConnectionsComeFromTheAddressThatIsSaid) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.cluster = "upstream_bind_config: { source_address: { address: 10.7.7.7, "
                                 "port_value: 0 } }",
                      .log = "%UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%"});
  proxy.Host(H1Answer::Of(200));
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(0).status(), 200);
  EXPECT_EQ(proxy.LogLines(), (std::vector<std::string>{"10.7.7.7"}));
}

TEST(BindConfig, TheSourceIsTheOneOfTheHostsFamily) {
  ProxyFixture proxy(
      ProxyFixture::ToUsers(),
      {.cluster =
           "upstream_bind_config: { source_address: { address: \"fd00::7\", port_value: 0 }, "
           "extra_source_addresses: [ { address: { address: 10.7.7.8, port_value: 0 } } ] }",
       .log = "%UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%"});
  proxy.Host(H1Answer::Of(200));
  proxy.Client().Get("/");
  proxy.Run();
  EXPECT_EQ(proxy.LogLines(), (std::vector<std::string>{"10.7.7.8"}));
}

TEST(BindConfig, ThatOfTheBootstrapIsForClustersThatHaveNone) {
  for (const bool own : {false, true}) {
    ProxyFixture proxy(
        ProxyFixture::ToUsers(),
        {.cluster = own ? "upstream_bind_config: { source_address: { address: 10.7.7.7, "
                          "port_value: 0 } }"
                        : "",
         .bootstrap = "cluster_manager: { upstream_bind_config: { source_address: { address: "
                      "10.6.6.6, port_value: 0 } } }",
         .log = "%UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%"});
    proxy.Host(H1Answer::Of(200));
    proxy.Client().Get("/");
    proxy.Run();
    EXPECT_EQ(proxy.LogLines(), (std::vector<std::string>{own ? "10.7.7.7" : "10.6.6.6"}));
  }
}

// As the articles' gateway has it: no host is a 502.
TEST(NoHost, IsA503OrWhatTheLocalRepliesMakeOfIt) {
  for (const bool mapped : {false, true}) {
    ProxyFixture proxy(ProxyFixture::ToUsers(),
                       {.manager = mapped ? R"(
      local_reply_config:
        mappers:
        - filter:
            response_flag_filter: { flags: [UH] }
          status_code: 502)"
                                          : "",
                        .clusters = {{"users", 0}},
                        .log = "%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%"});
    H1Client& client = proxy.Client();
    client.Get("/");
    proxy.Run();
    EXPECT_EQ(client.response(0).status(), mapped ? 502 : 503);
    EXPECT_EQ(client.response(0).body, "no healthy upstream");
    EXPECT_EQ(proxy.LogLines(), (std::vector<std::string>{mapped ? "502 UH no_healthy_upstream"
                                                                 : "503 UH no_healthy_upstream"}));
  }
}

// ---- What a request is balanced by.

TEST(HashPolicies, AClientGetsTheCookieThatKeepsItsHost) {
  ProxyFixture proxy(ProxyFixture::ToUsers(R"(
    hash_policy:
    - cookie:
        name: sticky
        ttl: 90s
        path: /app
        attributes: [{ name: SameSite, value: None }, { name: Secure }])"));
  proxy.Host(H1Answer::Of(200));
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  const std::string cookie = client.response(0).header("set-cookie").value_or("");
  ASSERT_GE(cookie.size(), 24u);
  EXPECT_EQ(cookie.substr(0, 8), "sticky=\"");
  EXPECT_EQ(cookie.substr(24), "\"; Max-Age=90; Path=/app; SameSite=None; Secure; HttpOnly");
  client.Get("/", {"cookie: sticky=" + cookie.substr(8, 16)});
  proxy.Run();
  EXPECT_EQ(client.response(1).header("set-cookie"), std::nullopt);
}

}  // namespace
}  // namespace sluice
