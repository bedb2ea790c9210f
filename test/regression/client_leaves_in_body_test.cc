// A client that closed in the middle of its request's body was counted and logged as two requests,
// and as a protocol error.
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

TEST(ClientLeavesInBodyRegression, IsOneRequest) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  proxy.Host(H1Answer::Of(200));
  H1Client& client = proxy.Client();
  client.Send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc");
  client.peer().SendFin();
  proxy.Run();
  EXPECT_EQ(proxy.Stat("http.test.downstream_rq_total"), 1);
  EXPECT_EQ(proxy.Stat("http.test.downstream_cx_protocol_error"), 0);
  EXPECT_EQ(proxy.LogLines(), std::vector<std::string>{"0 DC downstream_remote_disconnect"});
}

}  // namespace
}  // namespace sluice
