// Whoever sent x-envoy-expected-rq-timeout-ms set the timeout of the request, "none" among them,
// where the peer's address does not count (use_remote_address) and the router respects the header.
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

TEST(ExpectedTimeoutFromOutsideRegression, IsNotHeeded) {
  for (const char* client_address : {"8.8.8.8", "10.0.0.1, 10.0.0.2", ""}) {
    ProxyFixture proxy(ProxyFixture::ToUsers("timeout: 2s"),
                       {.router = "respect_expected_rq_timeout: true"});
    H1Server& host = proxy.Host(H1Answer{.bytes = ""});
    H1Client& client = proxy.Client();
    std::vector<std::string> lines = {"x-envoy-expected-rq-timeout-ms: 0"};
    if (*client_address != '\0') lines.push_back(std::string("x-forwarded-for: ") + client_address);
    client.Get("/", lines);
    proxy.Advance(std::chrono::seconds(3));
    EXPECT_EQ(client.response(0).status(), 504) << client_address;
    EXPECT_EQ(host.request(0).header("x-envoy-expected-rq-timeout-ms"), "2000") << client_address;
  }
}

}  // namespace
}  // namespace sluice
