// A tunneling_config whose hostname came to no host name, as that of a client without SNI, was
// tried max_connect_attempts times, each inside of the one before.
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "test/scenario/tcp_ends.h"

namespace sluice {
namespace {

TEST(TunnelToNoHostNameRegression, IsGivenUpAtOnce) {
  ProxyOptions options =
      Tcp("tunneling_config: { hostname: \"%REQUESTED_SERVER_NAME%:443\" }\n"
          "max_connect_attempts: 1000000\n");
  options.log = "%RESPONSE_FLAGS% %UPSTREAM_REQUEST_ATTEMPT_COUNT% %UPSTREAM_HOST%";
  ProxyFixture proxy("", options);
  {
    TcpHost host(proxy);
    const auto client = DialProxy(proxy);
    proxy.Run();
    EXPECT_TRUE(client->got_fin() || client->got_reset());
    EXPECT_EQ(host.connections(), 0u);
  }
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_cx_connect_attempts_exceeded"), 0);
  EXPECT_EQ(proxy.LogLines(), std::vector<std::string>{"UF 1 -"});
}

}  // namespace
}  // namespace sluice
