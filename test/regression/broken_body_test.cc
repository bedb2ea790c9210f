// A request whose body broke after its answer had been handed to the codec, and before a byte of
// that went out, was neither answered nor ended until a timeout.
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

TEST(BrokenBodyRegression, IsAnsweredAlthoughAnAnswerWasOnItsWay) {
  ProxyFixture proxy(ProxyFixture::ToUsers("timeout: 0s"));
  H1Server& host = proxy.Host(H1Answer::Of(200));
  // The host's connection is older than the client's, so its bytes are read first in the turn.
  H1Client& earlier = proxy.Client();
  earlier.Get("/");
  proxy.Run();
  H1Client& client = proxy.Client();
  client.Send("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n");
  proxy.Run();
  ASSERT_EQ(host.connections_open(), 1u);
  host.connection(0).Send("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nwa");
  client.Send("zz\r\n");
  proxy.Run();
  EXPECT_EQ(client.response(0).status(), 400);
  EXPECT_EQ(proxy.Stat("http.test.downstream_rq_active"), 0);
  EXPECT_EQ(host.connections_open(), 0u);
  proxy.Advance(std::chrono::seconds(2));
  EXPECT_TRUE(client.closed_by_peer());
  ASSERT_EQ(proxy.LogLines().size(), 2u);
  EXPECT_NE(proxy.LogLines()[1].find("DPE"), std::string::npos) << proxy.LogLines()[1];
}

}  // namespace
}  // namespace sluice
