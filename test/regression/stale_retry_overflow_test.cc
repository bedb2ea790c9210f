// A request that was tried again from inside its first connection's last read was still counted
// there: at the limit of max_requests the second try overflowed, and the client got a 503.
#include <utility>

#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

TEST(StaleRetryRegression, TheFirstTryNoLongerCounts) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.cluster = "circuit_breakers: { thresholds: [{ max_requests: 1 }] }"});
  H1Server& host = proxy.Host(H1Answer::Of(200));
  // Two wait and open a connection each; one of them is served, and both connections stay.
  H1Client& one = proxy.Client();
  H1Client& two = proxy.Client();
  one.Get("/");
  two.Get("/");
  proxy.Run();
  ASSERT_EQ(host.connections_open(), 2u);
  bool first = true;
  host.SetOnRequest([&first](const H1Message&) {
    if (std::exchange(first, false)) return H1Answer{.bytes = "", .then = H1Answer::Then::kFin};
    return H1Answer::Of(200);
  });
  one.Get("/");
  proxy.Run();
  EXPECT_EQ(one.response(1).status(), 200);
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_rq_retry"), 1);
}

}  // namespace
}  // namespace sluice
