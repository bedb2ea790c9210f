// A response that ends with its connection, cut short by its host, ended with a FIN: to the client
// it was complete.
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

TEST(SilentCutRegression, OfAResponseThatEndsWithItsConnectionIsAReset) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.manager = "http_protocol_options: { accept_http_10: true }"});
  proxy.Host(H1Answer{.bytes = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
                      .then = H1Answer::Then::kFin});
  H1Client& client = proxy.Client();
  client.Send("GET / HTTP/1.0\r\nhost: a\r\n\r\n");
  proxy.Run();
  EXPECT_EQ(client.reader().partial().body, "abc") << "what had come is the client's";
  EXPECT_TRUE(client.peer().got_reset());
  EXPECT_TRUE(client.responses().empty());
  EXPECT_EQ(proxy.LogLines(),
            std::vector<std::string>{
                "200 UC upstream_reset_after_response_started{connection_termination}"});
}

TEST(SilentCutRegression, WhoSeesTheCutByTheFramingGetsAllThatIsOnItsWay) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  proxy.Host(H1Answer{.bytes = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
                      .then = H1Answer::Then::kFin});
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.reader().partial().body, "abc");
  EXPECT_FALSE(client.peer().got_reset());
  EXPECT_TRUE(client.closed_by_peer());
}

}  // namespace
}  // namespace sluice
