// Which host gets a request, and what it gets.
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

TEST(Routing, ARequestReachesTheHostOfItsRoute) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  H1Server& host = proxy.Host(H1Answer::Of(200, "hi"));
  H1Client& client = proxy.Client();
  client.Get("/me?x=1", {"accept: text/plain"});
  proxy.Run();
  EXPECT_EQ(client.response(0).status(), 200);
  EXPECT_EQ(client.response(0).body, "hi");
  ASSERT_EQ(host.requests().size(), 1u);
  EXPECT_EQ(host.requests()[0].method(), "GET");
  EXPECT_EQ(host.requests()[0].path(), "/me?x=1");
  EXPECT_EQ(host.requests()[0].header("accept"), "text/plain");
  EXPECT_EQ(host.requests()[0].header("x-forwarded-proto"), "http");
}

TEST(Routing, TheFirstMatchingRouteIsTaken) {
  ProxyFixture proxy(R"(
    virtual_hosts:
    - name: all
      domains: ["*"]
      routes:
      - match: { path: /exact }
        route: { cluster: exact }
      - match: { prefix: /pre }
        route: { cluster: prefix }
      - match: { safe_regex: { regex: "/re[0-9]+" } }
        route: { cluster: regex }
      - match: { prefix: /, headers: [{ name: x-beta, string_match: { exact: "yes" } }] }
        route: { cluster: header }
  )",
                     {.clusters = {{"exact", 1}, {"prefix", 1}, {"regex", 1}, {"header", 1}}});
  for (int cluster = 0; cluster < 4; ++cluster) {
    proxy.Host(H1Answer::Of(200, std::to_string(cluster)), 0, cluster);
  }
  H1Client& client = proxy.Client();
  client.Get("/exact");
  proxy.Run();
  client.Get("/prefix/a");
  proxy.Run();
  client.Get("/re42");
  proxy.Run();
  client.Get("/other", {"x-beta: yes"});
  proxy.Run();
  client.Get("/other");
  proxy.Run();
  EXPECT_EQ(client.response(0).body, "0");
  EXPECT_EQ(client.response(1).body, "1");
  EXPECT_EQ(client.response(2).body, "2");
  EXPECT_EQ(client.response(3).body, "3");
  EXPECT_EQ(client.response(4).status(), 404);
}

TEST(Routing, DomainsChooseTheVirtualHost) {
  ProxyFixture proxy(R"(
    virtual_hosts:
    - name: a
      domains: [a.example.com]
      routes: [{ match: { prefix: / }, direct_response: { status: 200, body: { inline_string: exact } } }]
    - name: suffix
      domains: ["*.example.com"]
      routes: [{ match: { prefix: / }, direct_response: { status: 200, body: { inline_string: suffix } } }]
  )");
  H1Client& client = proxy.Client();
  for (const char* host : {"a.example.com", "b.example.com", "A.EXAMPLE.com", "example.com"}) {
    client.Send(absl::StrCat("GET / HTTP/1.1\r\nhost: ", host, "\r\n\r\n"));
    proxy.Run();
  }
  EXPECT_EQ(client.response(0).body, "exact");
  EXPECT_EQ(client.response(1).body, "suffix");
  EXPECT_EQ(client.response(2).body, "exact");
  EXPECT_EQ(client.response(3).status(), 404);
}

TEST(Routing, ARedirectKeepsTheQueryAndChangesWhatItSays) {
  ProxyFixture proxy(R"(
    virtual_hosts:
    - name: all
      domains: ["*"]
      routes:
      - match: { prefix: /old }
        redirect: { host_redirect: new.example.com, prefix_rewrite: /new, response_code: PERMANENT_REDIRECT }
  )");
  H1Client& client = proxy.Client();
  client.Get("/old/page?q=1");
  proxy.Run();
  EXPECT_EQ(client.response(0).status(), 308);
  EXPECT_EQ(client.response(0).header("location"), "http://new.example.com/new/page?q=1");
}

TEST(Routing, RewritesAndHeaderEditsReachTheHost) {
  ProxyFixture proxy(R"(
    request_headers_to_add: [{ header: { key: x-from, value: "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%" } }]
    response_headers_to_remove: [x-secret]
    virtual_hosts:
    - name: all
      domains: ["*"]
      request_headers_to_remove: [x-drop]
      routes:
      - match: { prefix: /api/ }
        route: { cluster: users, prefix_rewrite: /, host_rewrite_literal: internal }
        response_headers_to_add: [{ header: { key: x-route, value: api } }]
  )");
  H1Server& host = proxy.Host(H1Answer::Of(200, "", {"x-secret: 1"}));
  H1Client& client = proxy.Client();
  client.Get("/api/users", {"x-drop: 1"});
  proxy.Run();
  ASSERT_EQ(host.requests().size(), 1u);
  const H1Message& request = host.requests()[0];
  EXPECT_EQ(request.path(), "/users");
  EXPECT_EQ(request.header("host"), "internal");
  EXPECT_EQ(request.header("x-drop"), std::nullopt);
  EXPECT_EQ(request.header("x-envoy-original-path"), "/api/users");
  EXPECT_TRUE(request.header("x-from").has_value());
  EXPECT_EQ(client.response(0).header("x-secret"), std::nullopt);
  EXPECT_EQ(client.response(0).header("x-route"), "api");
}

TEST(Routing, HopByHopHeadersStayOnTheirHop) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  H1Server& host = proxy.Host(
      H1Answer::Of(200, "", {"keep-alive: timeout=5", "connection: x-mine", "x-mine: 1"}));
  H1Client& client = proxy.Client();
  client.Get("/", {"connection: x-hop", "x-hop: 1", "te: gzip", "proxy-connection: keep-alive"});
  proxy.Run();
  ASSERT_EQ(host.requests().size(), 1u);
  for (const char* name : {"connection", "x-hop", "te", "proxy-connection"}) {
    EXPECT_EQ(host.requests()[0].header(name), std::nullopt) << name;
  }
  for (const char* name : {"keep-alive", "connection", "x-mine"}) {
    EXPECT_EQ(client.response(0).header(name), std::nullopt) << name;
  }
}

TEST(Routing, RequestsGoRoundTheHosts) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.clusters = {{"users", 3}}});
  std::vector<H1Server*> hosts;
  for (int i = 0; i < 3; ++i) hosts.push_back(&proxy.Host(H1Answer::Of(200), i));
  H1Client& client = proxy.Client();
  for (int i = 0; i < 9; ++i) {
    client.Get("/");
    proxy.Run();
  }
  for (const H1Server* host : hosts) EXPECT_EQ(host->requests().size(), 3u);
}

TEST(Routing, NoClusterOfThatNameIsA503OrWhatTheRouteSays) {
  ProxyFixture proxy(R"(
    virtual_hosts:
    - name: all
      domains: ["*"]
      routes:
      - match: { prefix: /a }
        route: { cluster_header: x-to }
      - match: { prefix: /b }
        route: { cluster_header: x-to, cluster_not_found_response_code: NOT_FOUND }
  )");
  H1Client& client = proxy.Client();
  client.Get("/a", {"x-to: nowhere"});
  proxy.Run();
  client.Get("/b", {"x-to: nowhere"});
  proxy.Run();
  EXPECT_EQ(client.response(0).status(), 503);
  EXPECT_EQ(client.response(1).status(), 404);
}

}  // namespace
}  // namespace sluice
