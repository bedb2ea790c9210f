// CONNECT that was answered 200 by the proxy itself, over HTTP/1, left a connection that nobody
// would ever end, not even when the client had.
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

TEST(ConnectAnsweredHereRegression, EndsWithItsClient) {
  ProxyFixture proxy(R"(
virtual_hosts:
- name: all
  domains: ["*"]
  routes: [{ match: { connect_matcher: {} }, direct_response: { status: 200 } }]
)",
                     {.manager = "upgrade_configs: [{ upgrade_type: CONNECT }]"});
  H1Client& client = proxy.Client();
  client.Send("CONNECT a.test:443 HTTP/1.1\r\nhost: a.test:443\r\n\r\n");
  proxy.Run();
  EXPECT_EQ(client.response(0).status(), 200);
  client.peer().SendFin();
  proxy.Run();
  EXPECT_EQ(proxy.Stat("http.test.downstream_cx_active"), 0);
  EXPECT_EQ(proxy.Stat("http.test.downstream_rq_active"), 0);
}

}  // namespace
}  // namespace sluice
