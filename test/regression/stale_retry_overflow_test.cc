// A request that was tried again from inside its first connection's last read was still counted
// there: at the limit of max_requests the second try overflowed, and the client got a 503.
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

TEST(StaleRetryRegression, TheFirstTryNoLongerCounts) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.cluster = "circuit_breakers: { thresholds: [{ max_requests: 2 }] }"});
  H1Server& host = proxy.Host(H1Answer{.bytes = ""});
  H1Client& one = proxy.Client();
  H1Client& two = proxy.Client();
  one.Get("/");
  two.Get("/");
  proxy.Run();
  ASSERT_EQ(host.connections_open(), 2u);
  // Two warm connections; one of them serves a long request, the next request's closes under it.
  const std::string ok = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
  host.connection(0).Send(ok);
  host.connection(1).Send(ok);
  proxy.Run();
  host.SetOnRequest([](const H1Message& request) {
    if (request.path() == "/dies") return H1Answer{.bytes = "", .then = H1Answer::Then::kFin};
    return H1Answer::Of(200);
  });
  one.Send("GET /dies HTTP/1.1\r\nhost: a\r\n\r\n");
  two.Send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\n");
  proxy.Run();
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_rq_pending_overflow"), 0);
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_rq_retry"), 1);
}

}  // namespace
}  // namespace sluice
