// Header edits, rewrites and redirects: what a route does to a message.
#include <gtest/gtest.h>

#include "test/route/route_sample.h"

namespace sluice {
namespace {

class Edits : public ::testing::Test {
 protected:
  static std::string Text(const Headers& headers) {
    std::string text;
    for (const Header& header : headers)
      absl::StrAppend(&text, header.name, "=", header.value, " ");
    return text;
  }
  const Route& RouteOf(const std::string& routes) {
    table_ = ReadRoutes(routes);
    return *table_->Match(TestRequest("/").headers, false, 0).route;
  }
  // "x-a=1 x-b=2" and the edits of a route, applied.
  std::string Edit(const std::string& edits) {
    const Route& route =
        RouteOf("routes { match { prefix: '/' } direct_response { status: 200 } " + edits + " }");
    Arena arena;
    Headers headers(arena);
    headers.Add("x-a", "1");
    headers.Add("x-b", "2");
    const FormatContext context{.info = info_, .request = &headers};
    ApplyRequestEdits(route, nullptr, headers, context, scratch_);
    return Text(headers);
  }
  static std::string Add(absl::string_view key, absl::string_view value, absl::string_view more) {
    return absl::StrCat("request_headers_to_add { header { key: '", key, "' value: '", value,
                        "' } ", more, " } ");
  }

  std::shared_ptr<const RouteTable> table_;
  StreamInfo info_;
  std::string scratch_;
};

TEST_F(Edits, TheFourActions) {
  EXPECT_EQ(Edit(Add("X-A", "9", "")), "x-a=1 x-b=2 x-a=9 ");
  EXPECT_EQ(Edit(Add("x-a", "9", "append_action: ADD_IF_ABSENT")), "x-a=1 x-b=2 ");
  EXPECT_EQ(Edit(Add("x-c", "9", "append_action: ADD_IF_ABSENT")), "x-a=1 x-b=2 x-c=9 ");
  EXPECT_EQ(Edit(Add("x-a", "9", "append_action: OVERWRITE_IF_EXISTS_OR_ADD")), "x-a=9 x-b=2 ");
  EXPECT_EQ(Edit(Add("x-c", "9", "append_action: OVERWRITE_IF_EXISTS_OR_ADD")),
            "x-a=1 x-b=2 x-c=9 ");
  EXPECT_EQ(Edit(Add("x-a", "9", "append_action: OVERWRITE_IF_EXISTS")), "x-a=9 x-b=2 ");
  EXPECT_EQ(Edit(Add("x-c", "9", "append_action: OVERWRITE_IF_EXISTS")), "x-a=1 x-b=2 ");
}

TEST_F(Edits, DeprecatedAppend) {
  EXPECT_EQ(Edit(Add("x-a", "9", "append { value: true }")), "x-a=1 x-b=2 x-a=9 ");
  EXPECT_EQ(Edit(Add("x-a", "9", "append { value: false }")), "x-a=9 x-b=2 ");
}

TEST_F(Edits, EmptyValuesAreDroppedUnlessKept) {
  EXPECT_EQ(Edit(Add("x-c", "", "")), "x-a=1 x-b=2 ");
  EXPECT_EQ(Edit(Add("x-c", "", "keep_empty_value: true")), "x-a=1 x-b=2 x-c= ");
  EXPECT_EQ(Edit(Add("x-c", "%REQ(x-none)%", "")), "x-a=1 x-b=2 ");
}

TEST_F(Edits, AValueStaysOneValueWhateverAnOperatorFinds) {
  info_.response_code_details = "a\r\nx-admin:1\x7f\xc3\xa9";
  EXPECT_EQ(Edit(Add("x-c", "%RESPONSE_CODE_DETAILS%", "")),
            "x-a=1 x-b=2 x-c=a__x-admin:1_\xc3\xa9 ");
}

TEST_F(Edits, RemovalsComeFirstAndValuesSeeTheHeadersAsTheyWere) {
  EXPECT_EQ(Edit("request_headers_to_remove: 'X-A' " + Add("x-a", "new", "") +
                 Add("x-c", "%REQ(x-a)%", "") + Add("x-d", "<%REQ(x-b)%>", "") +
                 Add("x-b", "9", "append_action: OVERWRITE_IF_EXISTS")),
            "x-b=9 x-a=new x-d=<2> ");
}

TEST_F(Edits, LevelsAndWhoWins) {
  const auto levels = [](absl::string_view table, absl::string_view more) {
    const auto add = [](absl::string_view value) {
      return absl::StrCat(
          "request_headers_to_add { append_action: OVERWRITE_IF_EXISTS_OR_ADD "
          "header { key: 'x' value: '",
          value, "' } } ");
    };
    return absl::StrCat(table, add("table"), "virtual_hosts { name: 'v' domains: '*' ", add("host"),
                        "routes { match { prefix: '/' } ", add("route"),
                        "route { weighted_clusters { clusters { name: 'c' weight { value: 1 } ",
                        add("cluster"), " } } } } }", more);
  };
  for (const bool specific : {false, true}) {
    table_ =
        ReadRouteTable(levels(specific ? "most_specific_header_mutations_wins: true " : "", ""));
    TestRequest request("/");
    const Route& route = *table_->Match(request.headers, false, 0).route;
    const ClusterChoice choice = ChooseCluster(*route.cluster_action(), request.headers, 0);
    const FormatContext context{.info = info_, .request = &request.headers};
    ApplyRequestEdits(route, choice.weighted, request.headers, context, scratch_);
    EXPECT_EQ(request.headers.Find("x")->value, specific ? "cluster" : "table");
  }
}

class Rewrites : public Edits {
 protected:
  std::string Path(absl::string_view match, absl::string_view action, absl::string_view path) {
    const Route& route =
        RouteOf(absl::StrCat("routes { match { ", match, " } route { cluster: 'c' ", action,
                             " } } routes { match { prefix: '/' } route { "
                             "cluster: 'c' ",
                             action, " } }"));
    static_cast<void>(route);
    TestRequest request(path);
    const Route* matched = table_->Match(request.headers, false, 0).route;
    matched->cluster_action()->path_rewrite.Apply(request.headers, OriginalHeaders::kSet, scratch_);
    EXPECT_EQ(request.headers.Get(HeaderId::kXEnvoyOriginalPath), path);
    return std::string(request.headers.Get(HeaderId::kPath));
  }
  std::string Host(absl::string_view action, ForwardedHost forwarded = ForwardedHost::kOmit) {
    const Route& route = RouteOf(
        absl::StrCat("routes { match { prefix: '/' } route { cluster: 'c' ", action, " } }"));
    TestRequest request("/tenant/x?q");
    request.headers.Add("x-host", "from.header");
    route.cluster_action()->host_rewrite.Apply(request.headers, forwarded, OriginalHeaders::kSet,
                                               scratch_);
    forwarded_host_ = std::string(request.headers.Get(HeaderId::kXForwardedHost));
    return std::string(request.headers.Get(HeaderId::kAuthority));
  }
  std::string forwarded_host_;
};

TEST_F(Rewrites, Prefixes) {
  EXPECT_EQ(Path("prefix: '/a/'", "prefix_rewrite: '/'", "/a/b?c=/a/"), "/b?c=/a/");
  EXPECT_EQ(Path("prefix: '/A' case_sensitive { }", "prefix_rewrite: '/x'", "/a/b"), "/x/b");
  EXPECT_EQ(Path("path_separated_prefix: '/a/b'", "prefix_rewrite: '/x'", "/a/b/c"), "/x/c");
  EXPECT_EQ(Path("path: '/a'", "prefix_rewrite: '/x'", "/a?q"), "/x?q");
  EXPECT_EQ(Path("safe_regex { regex: '/r.*' }", "prefix_rewrite: '/x'", "/r/s?q"), "/x?q");
}

TEST_F(Rewrites, RegularExpressions) {
  constexpr char kSwap[] =
      "regex_rewrite { pattern { regex: '^/(\\\\w+)/(\\\\w+)' } substitution: '/\\\\2/\\\\1' }";
  EXPECT_EQ(Path("prefix: '/none'", kSwap, "/a/b/c?/d/e"), "/b/a/c?/d/e");
  EXPECT_EQ(Path("prefix: '/none'", "regex_rewrite { pattern { regex: 'o' } substitution: '0' }",
                 "/foo/o?o"),
            "/f00/0?o");
}

TEST_F(Rewrites, Hosts) {
  EXPECT_EQ(Host(""), "example.com");
  EXPECT_EQ(Host("host_rewrite_literal: 'lit'"), "lit");
  EXPECT_EQ(Host("host_rewrite_header: 'X-Host'"), "from.header");
  EXPECT_EQ(Host("host_rewrite_header: 'x-none'"), "example.com");
  EXPECT_EQ(Host("host_rewrite_path_regex { pattern { regex: '^/(\\\\w+)/.*$' } substitution: "
                 "'\\\\1.local' }"),
            "tenant.local");
  EXPECT_EQ(forwarded_host_, "");
  EXPECT_EQ(Host("host_rewrite_literal: 'lit'", ForwardedHost::kAppend), "lit");
  EXPECT_EQ(forwarded_host_, "example.com");
  EXPECT_EQ(Host("auto_host_rewrite { value: true }"), "example.com");
}

TEST_F(Rewrites, ForwardedHostsAreNotRepeated) {
  TestRequest request("/");
  SetHost(request.headers, "a", ForwardedHost::kAppend, OriginalHeaders::kOmit);
  request.headers.Set(HeaderId::kAuthority, "example.com");
  SetHost(request.headers, "b", ForwardedHost::kAppend, OriginalHeaders::kOmit);
  SetHost(request.headers, "c", ForwardedHost::kAppend, OriginalHeaders::kOmit);
  EXPECT_EQ(request.headers.Get(HeaderId::kXForwardedHost), "example.com, b");
  EXPECT_FALSE(request.headers.Has(HeaderId::kXEnvoyOriginalHost));
}

class Redirects : public Edits {
 protected:
  std::string Location(absl::string_view redirect, absl::string_view path,
                       absl::string_view host = "example.com", absl::string_view match = "/") {
    table_ = ReadRoutes(
        absl::StrCat("routes { match { prefix: '", match, "' } redirect { ", redirect, " } }"));
    TestRequest request(path, host);
    const Route* route = table_->Match(request.headers, false, 0).route;
    std::string location;
    const auto& action = std::get<Redirect>(route->action);
    action.AppendLocation(request.headers, location);
    status_ = action.status;
    return location;
  }
  uint16_t status_ = 0;
};

TEST_F(Redirects, Parts) {
  EXPECT_EQ(Location("https_redirect: true", "/a?b"), "https://example.com/a?b");
  EXPECT_EQ(status_, 301);
  EXPECT_EQ(Location("scheme_redirect: 'ftp' response_code: PERMANENT_REDIRECT", "/"),
            "ftp://example.com/");
  EXPECT_EQ(status_, 308);
  EXPECT_EQ(Location("host_redirect: 'other.org'", "/a"), "http://other.org/a");
  EXPECT_EQ(Location("port_redirect: 8080", "/a"), "http://example.com:8080/a");
  EXPECT_EQ(Location("path_redirect: '/n'", "/a?b"), "http://example.com/n?b");
  EXPECT_EQ(Location("path_redirect: '/n?c'", "/a?b"), "http://example.com/n?c");
  EXPECT_EQ(Location("path_redirect: '/n?c' strip_query: true", "/a?b"), "http://example.com/n?c");
  EXPECT_EQ(Location("strip_query: true", "/a?b"), "http://example.com/a");
  EXPECT_EQ(Location("prefix_rewrite: '/x/'", "/a/b?c", "example.com", "/a/"),
            "http://example.com/x/b?c");
  EXPECT_EQ(Location("regex_rewrite { pattern { regex: 'a' } substitution: 'b' } strip_query: true",
                     "/aa?a"),
            "http://example.com/bb");
}

TEST_F(Redirects, DefaultPortsDoNotFollowToAnotherScheme) {
  EXPECT_EQ(Location("https_redirect: true", "/", "example.com:80"), "https://example.com/");
  EXPECT_EQ(Location("https_redirect: true", "/", "example.com:8080"), "https://example.com:8080/");
  EXPECT_EQ(Location("port_redirect: 99", "/", "example.com:8080"), "http://example.com:99/");
  EXPECT_EQ(Location("https_redirect: true", "/", "[::1]:80"), "https://[::1]/");
  EXPECT_EQ(Location("https_redirect: true", "/", "[::1]"), "https://[::1]/");
}

TEST_F(Redirects, ForRequiredTls) {
  std::string location;
  AppendTlsLocation(TestRequest("/a?b").headers, location);
  EXPECT_EQ(location, "https://example.com/a?b");
}

}  // namespace
}  // namespace sluice
