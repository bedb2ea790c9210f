// A TCP proxy with tunneling_config held its ends up and did not count it.
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/scenario/connect_ends.h"
#include "test/scenario/tcp_ends.h"

namespace sluice {
namespace {

class TunneledFlowControlStatsRegression : public testing::TestWithParam<Wire> {};

INSTANTIATE_TEST_SUITE_P(Over, TunneledFlowControlStatsRegression,
                         testing::Values(Wire::kHttp1, Wire::kHttp2), WireName);

TEST_P(TunneledFlowControlStatsRegression, CountEachPauseAndItsEnd) {
  for (const bool client_holds : {true, false}) {
    ProxyOptions options = Tcp("tunneling_config: { hostname: \"far.test:443\" }\n");
    options.cluster = BridgeClusterFields(GetParam());
    options.listener = "per_connection_buffer_limit_bytes: 65536";
    ProxyFixture proxy("", options);
    proxy.world().memory().shape(proxy.listener_address()).buffer_bytes = 16384;
    proxy.world().memory().shape(ProxyFixture::HostAddress(0, 0)).buffer_bytes = 16384;
    {
      ConnectHost host(proxy, GetParam());
      const auto client = DialProxy(proxy);
      proxy.Run();
      MemoryPeer& reader = client_holds ? *client : host.end().peer();
      reader.StopReading();
      const std::string body = Numbered(1 << 20);
      client_holds ? host.end().Send(body) : client->Send(body);
      proxy.Run();
      const std::string stat = client_holds ? "cluster.users.upstream_flow_control_"
                                            : "tcp.test.downstream_flow_control_";
      EXPECT_GE(proxy.Stat(stat + "paused_reading_total"), 1) << stat;
      reader.ReadOn();
      proxy.Run();
      EXPECT_TRUE((client_holds ? client->received() : host.end().bytes()) == body);
      EXPECT_EQ(proxy.Stat(stat + "paused_reading_total"),
                proxy.Stat(stat + "resumed_reading_total"));
    }
    proxy.Run();
  }
}

}  // namespace
}  // namespace sluice
