// A circuit breaker's 503 did not say that it was one: x-envoy-overloaded was known, and never
// sent.
#include <optional>

#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

TEST(OverloadUnsaidRegression, TheAnswerToAnOverflowSaysIt) {
  for (const bool suppressed : {false, true}) {
    ProxyFixture proxy(ProxyFixture::ToUsers(),
                       {.router = suppressed ? "suppress_envoy_headers: true" : "",
                        .cluster = "circuit_breakers: { thresholds: [{ max_requests: 1 }] }"});
    proxy.Host(H1Answer{.bytes = ""});
    H1Client& first = proxy.Client();
    H1Client& second = proxy.Client();
    first.Get("/");
    proxy.Run();
    second.Get("/");
    proxy.Run();
    EXPECT_EQ(second.response(0).status(), 503);
    EXPECT_EQ(second.response(0).header("x-envoy-overloaded"),
              suppressed ? std::nullopt : std::optional<std::string>("true"));
  }
}

TEST(OverloadUnsaidRegression, NoOtherDoes) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(0).status(), 503);
  EXPECT_EQ(client.response(0).header("x-envoy-overloaded"), std::nullopt);
}

}  // namespace
}  // namespace sluice
