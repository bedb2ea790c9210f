// Requests that two parsers could read in two ways never reach an upstream.
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

class Smuggling : public testing::TestWithParam<const char*> {};

TEST_P(Smuggling, IsA400AndTheConnectionCloses) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  H1Server& host = proxy.Host(H1Answer::Of(200));
  H1Client& client = proxy.Client();
  client.Send(GetParam());
  proxy.Run();
  ASSERT_GE(client.responses().size(), 1u);
  EXPECT_EQ(client.response(0).status(), 400);
  EXPECT_EQ(client.response(0).header("connection"), "close");
  EXPECT_TRUE(client.closed_by_peer());
  for (const H1Message& request : host.requests()) EXPECT_NE(request.path(), "/evil");
  EXPECT_EQ(proxy.Stat("http.test.downstream_rq_active"), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Heads, Smuggling,
    testing::Values(
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ntransfer-encoding: "
        "chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd",
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3, 4\r\n\r\nabcd",
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: +3\r\n\r\nabc",
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0x3\r\n\r\nabc",
        "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding : chunked\r\n\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nx: 1\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nx: 1\n\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nx: a\rb\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nx y: 1\r\n\r\n", "GET / HTTP/1.1\r\nhost: a\r\n: 1\r\n\r\n",
        "GET  / HTTP/1.1\r\nhost: a\r\n\r\n", "GET /a b HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET / HTTP/1.1 \r\nhost: a\r\n\r\n", "G@T / HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET / HTTQ/1.1\r\nhost: a\r\n\r\n", "GET / HTTP/1.1\r\nhost: a\r\nx: \x01\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a b\r\n\r\n", "GET rubbish HTTP/1.1\r\nhost: a\r\n\r\n"));

INSTANTIATE_TEST_SUITE_P(
    Bodies, Smuggling,
    testing::Values(
        "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabcX\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n-1\r\n",
        "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n11111111111111111\r\n",
        "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"
        "0\r\nGET /evil HTTP/1.1\r\nhost: a\r\n\r\n"));

}  // namespace
}  // namespace sluice
