// What a client gets when the upstream, or the way to it, fails.
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

using Then = H1Answer::Then;

TEST(Failures, AHostThatRefusesIsA503) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(0).status(), 503);
  EXPECT_EQ(client.response(0).body,
            "upstream connect error or disconnect/reset before headers. reset reason: connection "
            "failure, transport failure reason: delayed connect error: Connection refused");
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_cx_connect_fail"), 1);
}

TEST(Failures, AHostThatNeverAnswersTheConnectIsA503AfterTheConnectTimeout) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  proxy.world().memory().shape(ProxyFixture::HostAddress(0, 0)).black_hole = true;
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Advance(std::chrono::milliseconds(900));
  EXPECT_TRUE(client.responses().empty());
  proxy.Advance(std::chrono::milliseconds(200));
  EXPECT_EQ(client.response(0).status(), 503);
}

TEST(Failures, AHostThatClosesBeforeItAnswersIsA503) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  proxy.Host(H1Answer{.bytes = "", .then = Then::kFin});
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(0).status(), 503);
}

TEST(Failures, AHostThatDiesInTheMiddleOfItsResponseCutsTheClientsResponseShort) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  proxy.Host(
      H1Answer{.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc", .then = Then::kFin});
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  EXPECT_TRUE(client.responses().empty());
  EXPECT_EQ(client.reader().partial().body, "abc");
  EXPECT_TRUE(client.closed_by_peer());
}

TEST(Failures, AResponseThatCannotBeReadIsA502) {
  for (const char* bytes :
       {"HTTP/1.1 200 OK\r\ncontent-length: 1, 2\r\n\r\n", "rubbish\r\n\r\n",
        "HTTP/1.1 200 OK\r\nbad name: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 3\r\n\r\nabc"}) {
    ProxyFixture proxy(ProxyFixture::ToUsers());
    proxy.Host(H1Answer{.bytes = bytes});
    H1Client& client = proxy.Client();
    client.Get("/");
    proxy.Run();
    EXPECT_EQ(client.response(0).status(), 502) << bytes;
  }
}

TEST(Failures, AnIdleConnectionThatTheHostHasClosedCostsTheClientNothing) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  H1Server& host = proxy.Host(H1Answer::Of(200, "one"));
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  // The host closes the kept connection just when the next request is on its way to it.
  bool first = true;
  host.SetOnRequest([&first](const H1Message&) {
    if (std::exchange(first, false)) return H1Answer{.bytes = "", .then = Then::kReset};
    return H1Answer::Of(200, "two");
  });
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(1).status(), 200);
  EXPECT_EQ(client.response(1).body, "two");
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_rq_retry"), 1);
}

TEST(Failures, ANonIdempotentRequestIsNeverSentTwice) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  H1Server& host = proxy.Host(H1Answer::Of(200));
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  host.SetOnRequest([](const H1Message&) { return H1Answer{.bytes = "", .then = Then::kReset}; });
  client.Post("/", "pay");
  proxy.Run();
  EXPECT_EQ(client.response(1).status(), 503);
  EXPECT_EQ(host.requests().size(), 2u);
}

TEST(Failures, AHostThatIsTooSlowIsA504) {
  ProxyFixture proxy(ProxyFixture::ToUsers("timeout: 2s"));
  proxy.Host(H1Answer{.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
                      .delay = std::chrono::seconds(3)});
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Advance(std::chrono::milliseconds(1900));
  EXPECT_TRUE(client.responses().empty());
  proxy.Advance(std::chrono::milliseconds(200));
  EXPECT_EQ(client.response(0).status(), 504);
  EXPECT_EQ(client.response(0).body, "upstream request timeout");
}

TEST(Failures, AClientThatGoesAwayTakesItsRequestWithIt) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  H1Server& host = proxy.Host(H1Answer{.bytes = ""});
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(host.connections_open(), 1u);
  client.Close();
  // A connection that waits for its first answer is not watched for some milliseconds.
  proxy.Advance(std::chrono::milliseconds(100));
  EXPECT_EQ(host.connections_open(), 0u);
  EXPECT_EQ(proxy.Stat("http.test.downstream_rq_active"), 0);
}

TEST(Failures, TooManyRequestsForAClusterOverflow) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.cluster = "circuit_breakers: { thresholds: [{ max_requests: 1 }] }"});
  proxy.Host(H1Answer{.bytes = ""});
  H1Client& first = proxy.Client();
  first.Get("/");
  proxy.Run();
  H1Client& second = proxy.Client();
  second.Get("/");
  proxy.Run();
  EXPECT_EQ(second.response(0).status(), 503);
  EXPECT_EQ(second.response(0).header("x-envoy-overloaded"), "true");
}

TEST(Failures, ANameThatDoesNotResolveLeavesTheOthersWorking) {
  ProxyFixture proxy(R"(
    virtual_hosts:
    - name: all
      domains: ["*"]
      routes: [{ match: { prefix: / }, direct_response: { status: 200 } }]
  )",
                     {.cluster = "type: STRICT_DNS", .clusters = {{"users", 1}}});
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(0).status(), 200);
}

}  // namespace
}  // namespace sluice
