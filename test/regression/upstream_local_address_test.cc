// %UPSTREAM_LOCAL_ADDRESS% of HTTP requests was "-": nobody set it.
#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

TEST(UpstreamLocalAddressRegression, IsThatOfTheConnectionAlsoWhenItIsGone) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.log = "%UPSTREAM_LOCAL_ADDRESS%"});
  proxy.Host(H1Answer{.bytes = "HTTP/1.1 200 OK\r\n\r\nabc", .then = H1Answer::Then::kFin});
  proxy.Client().Get("/");
  proxy.Run();
  ASSERT_EQ(proxy.LogLines().size(), 1u);
  EXPECT_TRUE(absl::StrContains(proxy.LogLines()[0], ":")) << proxy.LogLines()[0];
}

TEST(UpstreamLocalAddressRegression, IsMissingWhereThereWasNoConnection) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.log = "%UPSTREAM_LOCAL_ADDRESS%"});
  proxy.Client().Get("/");
  proxy.Run();
  EXPECT_EQ(proxy.LogLines(), std::vector<std::string>{"-"});
}

}  // namespace
}  // namespace sluice
