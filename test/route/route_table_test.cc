#include "source/route/route_table.h"

#include <gtest/gtest.h>

#include "test/harness/alloc_counter.h"
#include "test/route/route_sample.h"

namespace sluice {
namespace {

std::string Find(const RouteTable& table, absl::string_view path,
                 absl::string_view host = "example.com") {
  return RouteName(table, TestRequest(path, host).headers);
}

constexpr char kReply[] = " direct_response { status: 200 } ";

std::string RouteText(absl::string_view name, absl::string_view match) {
  return absl::StrCat("routes { name: '", name, "' match { ", match, " }", kReply, "}\n");
}

TEST(Domains, ExactBeforeSuffixBeforePrefixBeforeAny) {
  const auto host = [](absl::string_view domain) {
    return absl::StrCat("virtual_hosts { name: '", domain, "' domains: '", domain, "' ",
                        RouteText(domain, "prefix: '/'"), "}\n");
  };
  const auto table =
      ReadRouteTable(absl::StrCat(host("*"), host("www.*"), host("www.foo.*"), host("*.com"),
                                  host("*.foo.com"), host("*-bar.foo.com"), host("www.foo.com")));
  ASSERT_NE(table, nullptr);
  EXPECT_EQ(Find(*table, "/", "www.foo.com"), "www.foo.com");
  EXPECT_EQ(Find(*table, "/", "WWW.Foo.COM"), "www.foo.com");
  EXPECT_EQ(Find(*table, "/", "api.foo.com"), "*.foo.com");
  EXPECT_EQ(Find(*table, "/", "a-bar.foo.com"), "*-bar.foo.com");
  EXPECT_EQ(Find(*table, "/", "-bar.foo.com"), "*.foo.com");  // the star is a character at least
  EXPECT_EQ(Find(*table, "/", "www.bar.com"), "*.com");
  EXPECT_EQ(Find(*table, "/", "www.bar.org"), "www.*");
  EXPECT_EQ(Find(*table, "/", "www.foo.org"), "www.foo.*");
  EXPECT_EQ(Find(*table, "/", "www."), "*");
  EXPECT_EQ(Find(*table, "/", ""), "*");
  EXPECT_EQ(Find(*table, "/", "www.foo.com:80"), "www.foo.*");
  EXPECT_EQ(Find(*table, "/", std::string(5000, 'a') + ".COM"), "*.com");
}

TEST(Domains, NoneIsNoVirtualHost) {
  const auto table = ReadRouteTable("virtual_hosts { name: 'v' domains: 'a.com' }");
  EXPECT_EQ(Find(*table, "/", "b.com"), "no virtual host");
  EXPECT_EQ(Find(*table, "/", "a.com"), "no match");
}

TEST(Domains, PortsMayBeIgnored) {
  const auto table = ReadRouteTable(
      absl::StrCat("ignore_port_in_host_matching: true virtual_hosts { name: 'v' domains: 'a.com' "
                   "domains: '[::1]' domains: '::1' ",
                   RouteText("r", "prefix: '/'"), "}"));
  EXPECT_EQ(Find(*table, "/", "a.com:8080"), "r");
  EXPECT_EQ(Find(*table, "/", "a.com"), "r");
  EXPECT_EQ(Find(*table, "/", "[::1]:80"), "r");
  EXPECT_EQ(Find(*table, "/", "[::1]"), "r");
  EXPECT_EQ(Find(*table, "/", "::1"), "r");
}

TEST(Paths, FirstMatchWins) {
  const auto table = ReadRoutes(
      absl::StrCat(RouteText("exact", "path: '/a/b'"), RouteText("long", "prefix: '/a/b/c'"),
                   RouteText("regex", "safe_regex { regex: '/a/[0-9]+' }"),
                   RouteText("short", "prefix: '/a/'"), RouteText("shadowed", "path: '/a/x'"),
                   RouteText("separated", "path_separated_prefix: '/s/t'"),
                   RouteText("folded", "prefix: '/Fold' case_sensitive { value: false }"),
                   RouteText("root", "path: '/'")));
  EXPECT_EQ(Find(*table, "/a/b"), "exact");
  EXPECT_EQ(Find(*table, "/a/b?x=/a"), "exact");
  EXPECT_EQ(Find(*table, "/a/b#x"), "exact");
  EXPECT_EQ(Find(*table, "/a/b/c/d"), "long");
  EXPECT_EQ(Find(*table, "/a/b/"), "short");
  EXPECT_EQ(Find(*table, "/a/77"), "regex");
  EXPECT_EQ(Find(*table, "/a/77x"), "short");
  EXPECT_EQ(Find(*table, "/a/x"), "short");
  EXPECT_EQ(Find(*table, "/s/t"), "separated");
  EXPECT_EQ(Find(*table, "/s/t/u"), "separated");
  EXPECT_EQ(Find(*table, "/s/t?u"), "separated");
  EXPECT_EQ(Find(*table, "/s/tu"), "no match");
  EXPECT_EQ(Find(*table, "/fOLDer"), "folded");
  EXPECT_EQ(Find(*table, "/A/b"), "no match");
  EXPECT_EQ(Find(*table, "/"), "root");
  EXPECT_EQ(Find(*table, ""), "no match");
}

TEST(Paths, EmptyPrefixMatchesAll) {
  const auto table = ReadRoutes(RouteText("all", "prefix: ''"));
  EXPECT_EQ(Find(*table, "*"), "all");
  EXPECT_EQ(Find(*table, ""), "all");
}

TEST(Paths, ConnectHasNone) {
  const auto table = ReadRoutes(
      absl::StrCat(RouteText("all", "prefix: ''"), RouteText("connect", "connect_matcher {}")));
  Arena arena;
  Headers headers(arena);
  headers.Add(":method", "CONNECT");
  headers.Add(":authority", "example.com:443");
  EXPECT_EQ(RouteName(*table, headers), "connect");
  headers.Add(":path", "/chat");
  EXPECT_EQ(RouteName(*table, headers), "all");
}

TEST(Conditions, HeadersQueryGrpcAndFraction) {
  const auto table = ReadRoutes(absl::StrCat(
      RouteText("header",
                "prefix: '/' headers { name: 'x-a' exact_match: '1' } "
                "headers { name: 'x-b' present_match: true }"),
      RouteText("query",
                "prefix: '/' query_parameters { name: 'q' string_match { exact: '1' } } "
                "query_parameters { name: 'z' present_match: false }"),
      RouteText("grpc", "prefix: '/' grpc {}"),
      RouteText("some", "prefix: '/' runtime_fraction { default_value { numerator: 1 } }"),
      RouteText("rest", "prefix: '/'")));
  EXPECT_EQ(RouteName(*table, TestRequest("/").headers, 9'999), "some");
  EXPECT_EQ(RouteName(*table, TestRequest("/").headers, 10'000), "rest");
  TestRequest request("/?a=2&q=1&q=3");
  EXPECT_EQ(RouteName(*table, request.headers, 10'000), "query");
  EXPECT_EQ(RouteName(*table, TestRequest("/?q=11&q=1").headers, 10'000), "rest");
  EXPECT_EQ(RouteName(*table, TestRequest("/?q=1&z").headers, 10'000), "rest");
  EXPECT_EQ(RouteName(*table, TestRequest("/?q=1#z").headers, 10'000), "query");
  request.headers.Add("x-a", "1");
  EXPECT_EQ(RouteName(*table, request.headers, 10'000), "query");
  request.headers.Add("x-b", "");
  EXPECT_EQ(RouteName(*table, request.headers, 10'000), "header");
  TestRequest grpc("/pkg.Service/Call");
  grpc.headers.Add("content-type", "application/grpc-web");
  EXPECT_EQ(RouteName(*table, grpc.headers, 10'000), "rest");
  grpc.headers.Set("content-type", "application/grpc+proto");
  EXPECT_EQ(RouteName(*table, grpc.headers, 10'000), "grpc");
}

TEST(Tls, RequiredForAllOrForOutsiders) {
  const auto table = ReadRouteTable(absl::StrCat(
      "virtual_hosts { name: 'a' domains: 'all' require_tls: ALL ", RouteText("r", "prefix: '/'"),
      "} virtual_hosts { name: 'e' domains: 'external' require_tls: EXTERNAL_ONLY ",
      RouteText("r", "prefix: '/'"), "}"));
  TestRequest all("/", "all");
  EXPECT_EQ(RouteName(*table, all.headers), "tls required");
  EXPECT_EQ(table->Match(all.headers, true, 0).failure, NoRoute::kNone);
  TestRequest external("/", "external");
  EXPECT_EQ(RouteName(*table, external.headers), "tls required");
  external.headers.Add("x-envoy-internal", "true");
  EXPECT_EQ(RouteName(*table, external.headers), "r");
}

const ClusterAction& ActionOf(const RouteTable& table) {
  return *table.Match(TestRequest("/").headers, false, 0).route->cluster_action();
}

TEST(Clusters, ByWeight) {
  const auto table = ReadRoutes(
      "routes { match { prefix: '/' } route { weighted_clusters { header_name: 'x-pick' "
      "clusters { name: 'a' weight { value: 10 } } clusters { name: 'never' weight { } } "
      "clusters { cluster_header: 'x-cluster' weight { value: 90 } } } } }");
  const ClusterAction& action = ActionOf(*table);
  TestRequest request("/");
  request.headers.Add("x-cluster", "c");
  int counts[2] = {};
  for (uint64_t random = 0; random < 1000; ++random) {
    const ClusterChoice choice = ChooseCluster(action, request.headers, random);
    ASSERT_NE(choice.weighted, nullptr);
    ASSERT_TRUE(choice.name == "a" || choice.name == "c") << choice.name;
    ++counts[choice.name == "c"];
  }
  EXPECT_EQ(counts[0], 100);
  EXPECT_EQ(counts[1], 900);
  request.headers.Add("x-pick", "10");
  EXPECT_EQ(ChooseCluster(action, request.headers, 0).name, "c");
  request.headers.Set("x-pick", "ten");
  EXPECT_EQ(ChooseCluster(action, request.headers, 0).name, "a");
  EXPECT_EQ(table->clusters(), (std::vector<std::string>{"a", "never"}));
}

TEST(Clusters, ByNameAndHeader) {
  const auto named = ReadRoutes("routes { match { prefix: '/' } route { cluster: 'c' } }");
  EXPECT_EQ(ChooseCluster(ActionOf(*named), TestRequest("/").headers, 0).name, "c");
  const auto header =
      ReadRoutes("routes { match { prefix: '/' } route { cluster_header: 'X-Cluster' } }");
  TestRequest request("/");
  EXPECT_EQ(ChooseCluster(ActionOf(*header), request.headers, 0).name, "");
  request.headers.Add("x-cluster", "d");
  EXPECT_EQ(ChooseCluster(ActionOf(*header), request.headers, 0).name, "d");
}

TEST(Match, AllocatesNothing) {
  std::string routes;
  for (int i = 0; i < 100; ++i) {
    absl::StrAppend(&routes, RouteText(absl::StrCat(i), absl::StrCat("prefix: '/p", i, "/'")));
  }
  const auto table = ReadRoutes(absl::StrCat(
      RouteText("h", "prefix: '/' headers { name: 'x-a' string_match { contains: 'q' } }"),
      RouteText("x", "safe_regex { regex: '/x[0-9]*' }"), routes));
  TestRequest request("/p77/some/path?and=query", "WWW.example.com");
  EXPECT_EQ(RouteName(*table, request.headers), "77");  // RE2 builds its states at first use
  AllocCounter allocations;
  const RouteMatch match = table->Match(request.headers, false, 1);
  EXPECT_EQ(allocations.count(), 0);
  EXPECT_NE(match.route, nullptr);
}

}  // namespace
}  // namespace sluice
