// The path and the host that routes see.
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

// What the host got for this target, or the status and location where it got nothing.
std::string Seen(const std::string& manager, const std::string& target) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.manager = manager});
  H1Server& host = proxy.Host(H1Answer::Of(200));
  H1Client& client = proxy.Client();
  client.Get(target);
  proxy.Run();
  if (!host.requests().empty()) return host.requests()[0].path();
  return absl::StrCat(client.response(0).status(), " ",
                      client.response(0).header("location").value_or("-"));
}

TEST(Paths, StayAsTheyAreByDefault) {
  EXPECT_EQ(Seen("", "/a/../b//c%2Fd?e=/../f"), "/a/../b//c%2Fd?e=/../f");
}

TEST(Paths, AreNormalized) {
  const char* const on = "normalize_path: true";
  EXPECT_EQ(Seen(on, "/a/../b"), "/b");
  EXPECT_EQ(Seen(on, "/a/./b/../../../c?x=/../y"), "/c?x=/../y");
  EXPECT_EQ(Seen(on, "/a/%2e%2E/b"), "/b");
  EXPECT_EQ(Seen(on, "/a%2fb"), "/a%2fb");
  EXPECT_EQ(Seen(on, "/a//b"), "/a//b");
}

TEST(Paths, SlashesAreMerged) {
  EXPECT_EQ(Seen("merge_slashes: true", "//a///b?x=//"), "/a/b?x=//");
}

TEST(Paths, EscapedSlashes) {
  EXPECT_EQ(Seen("path_with_escaped_slashes_action: REJECT_REQUEST", "/a%2Fb"), "400 -");
  EXPECT_EQ(Seen("path_with_escaped_slashes_action: REJECT_REQUEST", "/a%5cb"), "400 -");
  EXPECT_EQ(Seen("path_with_escaped_slashes_action: UNESCAPE_AND_REDIRECT", "/a%2Fb?q=%2F"),
            "307 /a/b?q=%2F");
  EXPECT_EQ(Seen("path_with_escaped_slashes_action: UNESCAPE_AND_FORWARD", "/a%2Fb"), "/a/b");
  EXPECT_EQ(Seen("normalize_path: true\npath_with_escaped_slashes_action: UNESCAPE_AND_FORWARD",
                 "/a%2F..%2Fb"),
            "/b");
}

std::string SeenHost(const std::string& manager, const std::string& host_header) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.manager = manager});
  H1Server& host = proxy.Host(H1Answer::Of(200));
  proxy.Client().Send(absl::StrCat("GET / HTTP/1.1\r\nhost: ", host_header, "\r\n\r\n"));
  proxy.Run();
  return host.requests().empty() ? "none" : host.requests()[0].header("host").value_or("-");
}

TEST(Hosts, PortsAreStripped) {
  EXPECT_EQ(SeenHost("", "a.test:80"), "a.test:80");
  EXPECT_EQ(SeenHost("strip_matching_host_port: true", "a.test:80"), "a.test");
  EXPECT_EQ(SeenHost("strip_matching_host_port: true", "a.test:81"), "a.test:81");
  EXPECT_EQ(SeenHost("strip_any_host_port: true", "a.test:81"), "a.test");
  EXPECT_EQ(SeenHost("strip_any_host_port: true", "[::1]:81"), "[::1]");
  EXPECT_EQ(SeenHost("strip_any_host_port: true", "[::1]"), "[::1]");
}

TEST(Hosts, ATrailingDotIsStripped) {
  EXPECT_EQ(SeenHost("", "a.test."), "a.test.");
  EXPECT_EQ(SeenHost("strip_trailing_host_dot: true", "a.test."), "a.test");
  EXPECT_EQ(SeenHost("strip_trailing_host_dot: true", "a.test.:81"), "a.test:81");
}

TEST(Names, WithUnderscores) {
  const auto seen = [](const char* action) {
    ProxyFixture proxy(
        ProxyFixture::ToUsers(),
        {.manager = absl::StrCat(
             "common_http_protocol_options: { headers_with_underscores_action: ", action, " }")});
    H1Server& host = proxy.Host(H1Answer::Of(200));
    H1Client& client = proxy.Client();
    client.Get("/", {"x_a: 1", "x-b: 2", "x_c: 3"});
    proxy.Run();
    if (host.requests().empty()) return std::to_string(client.response(0).status());
    const H1Message& request = host.requests()[0];
    return absl::StrCat(request.header("x_a").value_or("-"), request.header("x-b").value_or("-"),
                        request.header("x_c").value_or("-"));
  };
  EXPECT_EQ(seen("ALLOW"), "123");
  EXPECT_EQ(seen("DROP_HEADER"), "-2-");
  EXPECT_EQ(seen("REJECT_REQUEST"), "400");
}

TEST(Targets, AbsoluteFormNamesTheHost) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  H1Server& host = proxy.Host(H1Answer::Of(200));
  proxy.Client().Send("GET http://b.test/x?y HTTP/1.1\r\nhost: a.test\r\n\r\n");
  proxy.Run();
  ASSERT_EQ(host.requests().size(), 1u);
  EXPECT_EQ(host.requests()[0].header("host"), "b.test");
  EXPECT_EQ(host.requests()[0].path(), "/x?y");
}

}  // namespace
}  // namespace sluice
