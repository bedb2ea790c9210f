// Pages of other origins: policies of routes, on the wire.
#include <optional>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

constexpr char kCors[] = R"(
- name: cross
  typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors }
)";
constexpr char kDisabledCors[] = R"(
- name: cross
  disabled: true
  typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors }
)";

// The virtual host allows a.test; /b allows b.test instead, and /none has the filter disabled.
constexpr char kRoutes[] = R"(
virtual_hosts:
- name: all
  domains: ["*"]
  typed_per_filter_config:
    cross:
      "@type": type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy
      allow_origin_string_match: [{ exact: "http://a.test" }]
      allow_methods: GET
  routes:
  - match: { prefix: "/b" }
    route: { cluster: users }
    typed_per_filter_config:
      cross:
        "@type": type.googleapis.com/envoy.config.route.v3.FilterConfig
        config:
          "@type": type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy
          allow_origin_string_match: [{ exact: "http://b.test" }]
  - match: { prefix: "/none" }
    route: { cluster: users }
    typed_per_filter_config:
      cross: { "@type": type.googleapis.com/envoy.config.route.v3.FilterConfig, disabled: true }
  - match: { prefix: "/" }
    route: { cluster: users }
)";

class CorsScenario : public testing::Test {
 protected:
  std::optional<std::string> AllowedFor(const std::string& path, const std::string& origin) {
    H1Client& client = proxy_.Client();
    client.Get(path, {absl::StrCat("origin: ", origin)});
    proxy_.Run();
    return client.response(0).header("access-control-allow-origin");
  }
  ProxyFixture proxy_{kRoutes, {.filters = kCors}};
};

TEST_F(CorsScenario, APreflightAsksNoHost) {
  H1Server& host = proxy_.Host(H1Answer::Of(200));
  H1Client& client = proxy_.Client();
  client.Send(
      "OPTIONS / HTTP/1.1\r\nhost: x\r\norigin: http://a.test\r\n"
      "access-control-request-method: GET\r\n\r\n");
  proxy_.Run();
  EXPECT_EQ(client.response(0).status(), 200);
  EXPECT_EQ(client.response(0).header("content-length"), "0");
  EXPECT_EQ(client.response(0).header("access-control-allow-origin"), "http://a.test");
  EXPECT_EQ(client.response(0).header("access-control-allow-methods"), "GET");
  EXPECT_TRUE(host.requests().empty());
  EXPECT_EQ(proxy_.LogLines(), std::vector<std::string>{"200 - cors_response"});
  EXPECT_EQ(proxy_.Stat("http.test.cors.origin_valid"), 1);
}

TEST_F(CorsScenario, TheMostSpecificPolicyCounts) {
  proxy_.Host(H1Answer::Of(200, "hi"));
  EXPECT_EQ(AllowedFor("/", "http://a.test"), "http://a.test");
  EXPECT_EQ(AllowedFor("/", "http://b.test"), std::nullopt);
  EXPECT_EQ(AllowedFor("/b", "http://b.test"), "http://b.test");
  EXPECT_EQ(AllowedFor("/b", "http://a.test"), std::nullopt);
  EXPECT_EQ(AllowedFor("/none", "http://a.test"), std::nullopt);
}

TEST_F(CorsScenario, AnswersOfTheProxyItselfAreMarkedToo) {
  EXPECT_EQ(AllowedFor("/", "http://a.test"), "http://a.test");  // nobody listens: 503
}

TEST(CorsFilterThatIsDisabled, ServesWhereARouteSaysSomethingToIt) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.filters = kDisabledCors});
  proxy.Host(H1Answer::Of(200));
  H1Client& silent = proxy.Client();
  silent.Get("/", {"origin: http://a.test"});
  proxy.Run();
  EXPECT_EQ(silent.response(0).status(), 200);
  EXPECT_EQ(proxy.Stat("http.test.cors.origin_invalid"), 0);

  ProxyFixture told(kRoutes, {.filters = kDisabledCors});
  told.Host(H1Answer::Of(200));
  H1Client& client = told.Client();
  client.Get("/", {"origin: http://a.test"});
  told.Run();
  EXPECT_EQ(client.response(0).header("access-control-allow-origin"), "http://a.test");
}

}  // namespace
}  // namespace sluice
