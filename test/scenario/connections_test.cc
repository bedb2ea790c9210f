// Downstream connections: keep-alive, pipelining, limits, timeouts, drain.
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Connections, ManyRequestsShareOneConnectionOnEitherSide) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  H1Server& host = proxy.Host(H1Answer::Of(200, "x"));
  H1Client& client = proxy.Client();
  for (int i = 0; i < 20; ++i) {
    client.Get("/");
    proxy.Run();
  }
  EXPECT_EQ(client.responses().size(), 20u);
  EXPECT_EQ(host.connections_accepted(), 1u);
}

TEST(Connections, PipelinedRequestsAreAnsweredInOrder) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  proxy.Host([](const H1Message& request) { return H1Answer::Of(200, request.path()); });
  H1Client& client = proxy.Client();
  client.Send(
      "GET /1 HTTP/1.1\r\nhost: a\r\n\r\nPOST /2 HTTP/1.1\r\nhost: a\r\ncontent-length: "
      "3\r\n\r\nabc"
      "GET /3 HTTP/1.1\r\nhost: a\r\n\r\n");
  proxy.Run();
  ASSERT_EQ(client.responses().size(), 3u);
  EXPECT_EQ(client.response(0).body, "/1");
  EXPECT_EQ(client.response(1).body, "/2");
  EXPECT_EQ(client.response(2).body, "/3");
}

TEST(Connections, ConnectionCloseIsHonoured) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  proxy.Host(H1Answer::Of(200, "bye"));
  H1Client& client = proxy.Client();
  client.Get("/", {"connection: close"});
  proxy.Run();
  EXPECT_EQ(client.response(0).body, "bye");
  EXPECT_EQ(client.response(0).header("connection"), "close");
  EXPECT_TRUE(client.closed_by_peer());
}

TEST(Connections, Http10IsRefusedUnlessAllowed) {
  {
    ProxyFixture proxy(ProxyFixture::ToUsers());
    H1Client& client = proxy.Client();
    client.Send("GET / HTTP/1.0\r\nhost: a\r\n\r\n");
    proxy.Run();
    EXPECT_EQ(client.response(0).status(), 426);
  }
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.manager = R"(
    http_protocol_options: { accept_http_10: true, default_host_for_http_10: fallback })"});
  H1Server& host = proxy.Host(H1Answer::Of(200, "old"));
  H1Client& client = proxy.Client();
  client.Send("GET / HTTP/1.0\r\n\r\n");
  proxy.Run();
  EXPECT_EQ(client.response(0).body, "old");
  EXPECT_TRUE(client.closed_by_peer());
  ASSERT_EQ(host.requests().size(), 1u);
  EXPECT_EQ(host.requests()[0].header("host"), "fallback");
}

TEST(Connections, AnIdleOneIsClosedAfterItsTimeout) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.manager = "common_http_protocol_options: { idle_timeout: 10s }"});
  proxy.Host(H1Answer::Of(200));
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  proxy.Advance(seconds(9));
  EXPECT_FALSE(client.closed_by_peer());
  proxy.Advance(seconds(2));
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_EQ(proxy.Stat("http.test.downstream_cx_idle_timeout"), 1);
}

TEST(Connections, AHeadThatComesTooSlowlyIsA408) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.manager = "request_headers_timeout: 5s"});
  H1Client& client = proxy.Client();
  client.Send("GET / HTTP/1.1\r\nho");
  for (int i = 0; i < 4; ++i) {
    proxy.Advance(seconds(1));
    client.Send("x");
  }
  EXPECT_FALSE(client.closed_by_peer());
  proxy.Advance(seconds(2));
  EXPECT_EQ(client.response(0).status(), 408);
  EXPECT_TRUE(client.closed_by_peer());
}

TEST(Connections, ABodyThatComesTooSlowlyIsA408) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.manager = "request_timeout: 5s"});
  proxy.Host(H1Answer::Of(200));
  H1Client& client = proxy.Client();
  client.Send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc");
  proxy.Advance(seconds(4));
  EXPECT_TRUE(client.responses().empty());
  proxy.Advance(seconds(2));
  EXPECT_EQ(client.response(0).status(), 408);
}

TEST(Connections, AStreamWithoutProgressIsEnded) {
  ProxyFixture proxy(ProxyFixture::ToUsers("timeout: 0s"), {.manager = "stream_idle_timeout: 30s"});
  proxy.Host(H1Answer{.bytes = ""});
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Advance(seconds(29));
  EXPECT_TRUE(client.responses().empty());
  proxy.Advance(seconds(2));
  EXPECT_EQ(client.response(0).status(), 504);
  EXPECT_EQ(client.response(0).body, "stream timeout");
}

TEST(Connections, HeadersOverTheLimitAreA431) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.manager = "max_request_headers_kb: 1"});
  H1Client& client = proxy.Client();
  client.Get("/", {"x-big: " + std::string(2000, 'a')});
  proxy.Run();
  EXPECT_EQ(client.response(0).status(), 431);
  EXPECT_TRUE(client.closed_by_peer());
}

TEST(Connections, TooManyHeadersAreA431) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.manager = "common_http_protocol_options: { max_headers_count: 5 }"});
  H1Client& client = proxy.Client();
  client.Get("/", {"a: 1", "b: 1", "c: 1", "d: 1", "e: 1", "f: 1"});
  proxy.Run();
  EXPECT_EQ(client.response(0).status(), 431);
}

TEST(Connections, AfterSoManyRequestsTheConnectionIsClosed) {
  ProxyFixture proxy(
      ProxyFixture::ToUsers(),
      {.manager = "common_http_protocol_options: { max_requests_per_connection: 2 }"});
  proxy.Host(H1Answer::Of(200));
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  EXPECT_FALSE(client.closed_by_peer());
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(1).header("connection"), "close");
  EXPECT_TRUE(client.closed_by_peer());
}

TEST(Connections, ExpectContinueIsAnsweredAtOnce) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  H1Server& host = proxy.Host(H1Answer::Of(200, "thanks"));
  H1Client& client = proxy.Client();
  client.Send("POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n");
  proxy.Run();
  EXPECT_EQ(client.response(0).status(), 100);
  client.Send("body");
  proxy.Run();
  EXPECT_EQ(client.response(1).body, "thanks");
  ASSERT_EQ(host.requests().size(), 1u);
  EXPECT_EQ(host.requests()[0].body, "body");
  EXPECT_EQ(host.requests()[0].header("expect"), std::nullopt);
}

TEST(Connections, DrainingFinishesWhatIsUnderWay) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  proxy.Host(
      H1Answer{.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ndone", .delay = seconds(3)});
  H1Client& busy = proxy.Client();
  busy.Get("/");
  H1Client& idle = proxy.Client();
  proxy.Run();
  bool empty = false;
  proxy.core().StartDrain([&empty] { empty = true; });
  proxy.Advance(seconds(1));
  H1Client& late = proxy.Client();
  proxy.Run();
  EXPECT_TRUE(late.peer().refused());
  EXPECT_FALSE(empty);
  proxy.Advance(seconds(6));
  EXPECT_EQ(busy.response(0).body, "done");
  EXPECT_EQ(busy.response(0).header("connection"), "close");
  EXPECT_TRUE(idle.closed_by_peer());
  EXPECT_TRUE(empty);
}

}  // namespace
}  // namespace sluice
