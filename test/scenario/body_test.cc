// Bodies in either direction: framing, trailers, interim responses, messages that end early.
#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

constexpr char kTrailersOn[] = "http_protocol_options: { enable_trailers: true }";
constexpr char kUpstreamTrailersOn[] = R"(
  typed_extension_protocol_options:
    envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
      "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
      explicit_http_config: { http_protocol_options: { enable_trailers: true } }
)";

TEST(Bodies, ChunksArriveWhole) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  H1Server& host =
      proxy.Host(H1Answer{.bytes = "HTTP/1.1 200 OK\r\ntransfer-encoding: "
                                   "chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n"});
  H1Client& client = proxy.Client();
  client.Send("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n");
  proxy.Run();
  client.Send("6\r\n there\r\n0\r\n\r\n");
  proxy.Run();
  ASSERT_EQ(host.requests().size(), 1u);
  EXPECT_EQ(host.requests()[0].body, "hi there");
  EXPECT_EQ(host.requests()[0].header("transfer-encoding"), "chunked");
  EXPECT_EQ(host.requests()[0].header("content-length"), std::nullopt);
  EXPECT_EQ(client.response(0).body, "abcdefg");
  EXPECT_FALSE(client.closed_by_peer());
}

TEST(Bodies, TrailersPassWhereTheyAreEnabled) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.manager = kTrailersOn, .cluster = kUpstreamTrailersOn});
  H1Server& host =
      proxy.Host(H1Answer{.bytes = "HTTP/1.1 200 OK\r\ntransfer-encoding: "
                                   "chunked\r\n\r\n3\r\nabc\r\n0\r\nx-sum: 6\r\n\r\n"});
  H1Client& client = proxy.Client();
  client.Send(
      "POST / HTTP/1.1\r\nhost: a\r\nte: trailers\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n"
      "0\r\nx-up: 1\r\n\r\n");
  proxy.Run();
  ASSERT_EQ(host.requests().size(), 1u);
  ASSERT_EQ(host.requests()[0].trailers.size(), 1u);
  EXPECT_EQ(host.requests()[0].trailers[0].first, "x-up");
  ASSERT_EQ(client.response(0).trailers.size(), 1u);
  EXPECT_EQ(client.response(0).trailers[0].second, "6");
}

// RFC 9110 section 6.5.1.
TEST(Bodies, TrailersAreNotForAClientThatDidNotSayItTakesThem) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.manager = kTrailersOn, .cluster = kUpstreamTrailersOn});
  proxy.Host(H1Answer{.bytes = "HTTP/1.1 200 OK\r\ntransfer-encoding: "
                               "chunked\r\n\r\n3\r\nabc\r\n0\r\nx-sum: 6\r\n\r\n"});
  H1Client& client = proxy.Client();
  client.Get("/", {"te: gzip"});
  proxy.Run();
  EXPECT_EQ(client.response(0).body, "abc");
  EXPECT_TRUE(client.response(0).trailers.empty());
}

TEST(Bodies, TrailersAreDroppedByDefault) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  H1Server& host =
      proxy.Host(H1Answer{.bytes = "HTTP/1.1 200 OK\r\ntransfer-encoding: "
                                   "chunked\r\n\r\n3\r\nabc\r\n0\r\nx-sum: 6\r\n\r\n"});
  H1Client& client = proxy.Client();
  client.Send(
      "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nx-up: "
      "1\r\n\r\n");
  proxy.Run();
  ASSERT_EQ(host.requests().size(), 1u);
  EXPECT_TRUE(host.requests()[0].trailers.empty());
  EXPECT_EQ(client.response(0).body, "abc");
  EXPECT_TRUE(client.response(0).trailers.empty());
}

TEST(Bodies, HeadKeepsTheLengthAndSendsNoBody) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  proxy.Host([](const H1Message& request) {
    if (request.method() == "HEAD")
      return H1Answer{.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n"};
    return H1Answer::Of(200, "next");
  });
  H1Client& client = proxy.Client();
  client.ExpectNoBody();
  client.Send("HEAD / HTTP/1.1\r\nhost: a\r\n\r\n");
  proxy.Run();
  EXPECT_EQ(client.response(0).header("content-length"), "1000");
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(1).body, "next");
}

TEST(Bodies, NoContentAndNotModifiedHaveNone) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  H1Server& host = proxy.Host([](const H1Message& request) {
    if (request.path() == "/204") return H1Answer{.bytes = "HTTP/1.1 204 No Content\r\n\r\n"};
    if (request.path() == "/304")
      return H1Answer{.bytes = "HTTP/1.1 304 Not Modified\r\ncontent-length: 7\r\n\r\n"};
    return H1Answer::Of(200, "next");
  });
  H1Client& client = proxy.Client();
  for (const char* path : {"/204", "/304", "/"}) {
    client.Get(path);
    proxy.Run();
  }
  EXPECT_EQ(client.response(0).status(), 204);
  EXPECT_EQ(client.response(0).header("content-length"), std::nullopt);
  EXPECT_EQ(client.response(0).header("transfer-encoding"), std::nullopt);
  EXPECT_EQ(client.response(1).status(), 304);
  EXPECT_EQ(client.response(1).header("content-length"), "7");
  EXPECT_EQ(client.response(2).body, "next");
  EXPECT_EQ(host.connections_accepted(), 1u);
}

TEST(Bodies, EarlyHintsPassAndContinueOfTheHostDoesNot) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  proxy.Host(H1Answer{
      .bytes = "HTTP/1.1 100 Continue\r\n\r\n"
               "HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\nconnection: x-hop\r\nx-hop: 1\r\n\r\n"
               "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"});
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  ASSERT_EQ(client.responses().size(), 2u);
  EXPECT_EQ(client.response(0).status(), 103);
  EXPECT_EQ(client.response(0).header("link"), "</a.css>");
  EXPECT_EQ(client.response(0).header("x-hop"), std::nullopt);
  EXPECT_EQ(client.response(1).body, "ok");
}

TEST(Bodies, AnAnswerBeforeTheRequestIsCompleteEndsTheConnection) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  H1Server& host = proxy.Host(H1Answer::Of(200));
  H1Client& client = proxy.Client();
  client.Send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\nabc");
  proxy.Run();
  ASSERT_EQ(host.connections_open(), 1u);
  host.connection(0).Send("HTTP/1.1 401 No\r\ncontent-length: 4\r\n\r\nnope");
  proxy.Run();
  EXPECT_EQ(client.response(0).status(), 401);
  EXPECT_EQ(client.response(0).body, "nope");
  EXPECT_EQ(client.response(0).header("connection"), "close");
  client.Send(std::string(997, 'x'));
  proxy.Advance(std::chrono::seconds(2));
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_EQ(host.connections_open(), 0u);
  EXPECT_TRUE(host.requests().empty());
}

TEST(Bodies, AnAnswerMayBeginBeforeTheRequestIsComplete) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  H1Server& host = proxy.Host(H1Answer{.bytes = "done"});
  H1Client& client = proxy.Client();
  client.Send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 6\r\n\r\nabc");
  proxy.Run();
  host.connection(0).Send("HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\nech");
  proxy.Run();
  EXPECT_EQ(client.reader().partial().body, "ech");
  client.Send("def");
  proxy.Run();
  ASSERT_EQ(host.requests().size(), 1u);
  EXPECT_EQ(host.requests()[0].body, "abcdef");
  EXPECT_EQ(client.response(0).body, "echdone");
  EXPECT_FALSE(client.closed_by_peer());
}

TEST(Bodies, AResponseUntilTheEndOfItsConnectionIsWhole) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  proxy.Host(
      H1Answer{.bytes = "HTTP/1.1 200 OK\r\n\r\nuntil the end", .then = H1Answer::Then::kFin});
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(0).body, "until the end");
  EXPECT_EQ(client.response(0).header("transfer-encoding"), "chunked");
  EXPECT_FALSE(client.closed_by_peer());
}

TEST(Bodies, MoreThanTheContentLengthSpoilsTheConnectionNotTheAnswer) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  H1Server& host = proxy.Host(
      H1Answer{.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\n"});
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(0).body, "abc");
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(1).body, "abc");
  EXPECT_EQ(host.connections_accepted(), 2u);
}

TEST(Bodies, AClientThatStopsInItsBodyIsNotHeardByTheHostAsComplete) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  H1Server& host = proxy.Host(H1Answer::Of(200));
  H1Client& client = proxy.Client();
  client.Send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc");
  proxy.Run();
  client.peer().SendFin();
  proxy.Run();
  EXPECT_TRUE(host.requests().empty());
  EXPECT_EQ(host.connections_open(), 0u);
}

TEST(Bodies, ExpectContinueOfARefusedRequestIsAnsweredByTheRefusal) {
  ProxyFixture proxy("virtual_hosts: [{ name: a, domains: [other.test] }]");
  H1Client& client = proxy.Client();
  client.Send("POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n");
  proxy.Run();
  ASSERT_GE(client.responses().size(), 1u);
  EXPECT_EQ(client.responses().back().status(), 404);
}

}  // namespace
}  // namespace sluice
