// A request for which no host was eligible was counted twice in upstream_cx_none_healthy.
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

TEST(NoneHealthyRegression, OneRequestCountsOnce) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.cluster = "type: STRICT_DNS"});
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(0).status(), 503);
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_cx_none_healthy"), 1);
}

}  // namespace
}  // namespace sluice
