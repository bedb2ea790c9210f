// CONNECT that ends here (connect_config): the proxy answers it, and its host gets the bytes alone.
// So does a POST where the route lets it. For clients of HTTP/1 and HTTP/2.
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/scenario/connect_ends.h"

namespace sluice {
namespace {

using Lines = std::vector<std::string>;

std::string Routes(const std::string& more = "", const std::string& connect_config = "{}") {
  const std::string action = absl::StrCat(
      "    route:\n      cluster: users\n"
      "      upgrade_configs: [{ upgrade_type: CONNECT, connect_config: ",
      connect_config, " }]\n      ", more, "\n");
  return absl::StrCat(
      "virtual_hosts:\n- name: all\n  domains: [\"*\"]\n  routes:\n"
      "  - match: { connect_matcher: {} }\n",
      action, "  - match: { prefix: / }\n", action);
}

class ConnectTermination : public TunnelTest<Wire> {
 protected:
  bool is_http1() const { return GetParam() == Wire::kHttp1; }
  void Start(const std::string& routes = Routes(), ProxyOptions options = {}) {
    options.log =
        "%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %BYTES_RECEIVED% %BYTES_SENT% "
        "%UPSTREAM_WIRE_BYTES_SENT% %UPSTREAM_HOST% %UPSTREAM_CLUSTER%";
    StartEnds(routes, options, GetParam(), std::nullopt, serve_);
  }
  void Ask() {
    AskToConnect(*client_, "far.test:443");
    proxy_->Run();
  }
  void Open() {
    Start();
    Ask();
    ASSERT_EQ(client_->Get(":status"), "200");
  }

  Serve serve_ = Serve::kYes;
};

INSTANTIATE_TEST_SUITE_P(Of, ConnectTermination, testing::Values(Wire::kHttp1, Wire::kHttp2),
                         WireName);

TEST_P(ConnectTermination, IsAnsweredWhenTheHostIsConnectedAndCarriesBytesAlone) {
  Start();
  AskToConnect(client(), "far.test:443");
  client().Send("early");
  proxy().Run();
  EXPECT_EQ(client().Get(":status"), "200");
  EXPECT_EQ(client().Get("transfer-encoding") + client().Get("content-length"), "");
  EXPECT_EQ(host().bytes(), "early");
  host().Send("down");
  client().Send(" and late");
  proxy().Run();
  EXPECT_EQ(host().bytes(), "early and late");
  EXPECT_EQ(client().bytes(), "down");
  EXPECT_EQ(proxy().Stat("http.test.downstream_cx_upgrades_active"), 1);
  EXPECT_EQ(proxy().Stat("cluster.users.upstream_cx_active"), 1);
  client().Finish();
  host().Finish();
  proxy().Run();
  EXPECT_TRUE(host().ended());
  EXPECT_TRUE(client().ended());
  EXPECT_FALSE(client().was_reset());
  EXPECT_EQ(proxy().Stat("cluster.users.upstream_cx_active"), 0);
  EXPECT_EQ(proxy().LogLines(), Lines{"200 - via_upstream 14 4 14 10.0.0.1:80 users"});
}

TEST_P(ConnectTermination, EachEndClosesItsOwnSide) {
  for (const bool client_first : {true, false}) {
    Open();
    TunnelPeer& first = client_first ? client() : host();
    ExpectEachEndClosesItsOwnSide(proxy(), first, client_first ? host() : client());
    EXPECT_EQ(proxy().Stat("cluster.users.upstream_cx_active"), 0);
  }
}

// RFC 9113 section 8.5.
TEST_P(ConnectTermination, AResetOfOneEndReachesTheOther) {
  constexpr uint32_t kConnectError = 10;
  Open();
  ExpectAResetReaches(proxy(), host(), client());
  if (!is_http1()) {
    EXPECT_EQ(client().reset_code(), kConnectError);
  }
  Open();
  ExpectAResetReaches(proxy(), client(), host());
}

TEST_P(ConnectTermination, WithoutAConnectionItIsA503) {
  serve_ = Serve::kNo;
  Start();
  Ask();
  proxy().Advance(std::chrono::seconds(2));
  EXPECT_EQ(client().Get(":status"), "503");
  const Lines lines = proxy().LogLines();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].substr(0, 7), "503 UF ");
  EXPECT_EQ(proxy().Stat("cluster.users.upstream_cx_connect_fail"), 1);
  EXPECT_EQ(client().closed(), is_http1());
}

TEST_P(ConnectTermination, CountsAgainstTheConnectionsOfItsCluster) {
  Start(Routes(), {.cluster = "circuit_breakers: { thresholds: [{ max_connections: 1 }] }"});
  Ask();
  EXPECT_EQ(client().Get(":status"), "200");
  auto second = ConnectClient(proxy(), GetParam());
  AskToConnect(*second, "far.test:443");
  proxy().Run();
  EXPECT_EQ(second->Get(":status"), "503");
  EXPECT_EQ(proxy().Stat("cluster.users.upstream_cx_overflow"), 1);
}

TEST_P(ConnectTermination, AClientThatLeavesWhileItConnectsLeavesNothing) {
  serve_ = Serve::kNo;
  Start();
  AskToConnect(client(), "far.test:443");
  client().Reset();
  proxy().Run();
  EXPECT_EQ(proxy().Stat("cluster.users.upstream_cx_active"), 0);
}

TEST_P(ConnectTermination, AStalledEndHoldsABoundedAmount) {
  for (const bool client_stalls : {true, false}) {
    Start(Routes(), {.manager = "http2_protocol_options: { initial_stream_window_size: 65535 }",
                     .listener = "per_connection_buffer_limit_bytes: 65536"});
    Ask();
    TunnelPeer& stalled = client_stalls ? client() : host();
    ExpectAStalledEndHoldsABoundedAmount(proxy(), stalled, client_stalls ? host() : client());
  }
}

TEST_P(ConnectTermination, TakesAPostWhereTheRouteSaysSo) {
  Start(Routes("timeout: 1s", "{ allow_post: true }"));
  client().SendHead({{":method", "POST"},
                     {":scheme", "http"},
                     {":authority", "far.test"},
                     {":path", "/tunnel"},
                     {is_http1() ? "transfer-encoding" : "x-way", "chunked"}});
  client().Send(is_http1() ? "2\r\nup\r\n" : "up");
  proxy().Run();
  EXPECT_EQ(client().Get(":status"), "200");
  EXPECT_EQ(host().bytes(), "up");
  host().Send("down");
  is_http1() ? client().Send("0\r\n\r\n") : client().Finish();
  proxy().Run();
  EXPECT_TRUE(host().ended());
  // The route's timeout is over with the answer.
  proxy().Advance(std::chrono::seconds(5));
  EXPECT_FALSE(client().ended());
  host().Finish();
  proxy().Run();
  EXPECT_EQ(client().bytes(), is_http1() ? "4\r\ndown\r\n0\r\n\r\n" : "down");
  EXPECT_FALSE(host().was_reset());
  EXPECT_EQ(proxy().Stat("cluster.users.upstream_cx_active"), 0);
  EXPECT_EQ(proxy().LogLines(), Lines{"200 - via_upstream 2 4 2 10.0.0.1:80 users"});
}

TEST_P(ConnectTermination, OtherRequestsOfTheRouteAreForwarded) {
  Start();
  client().SendHead({{":method", "POST"},
                     {":scheme", "http"},
                     {":authority", "far.test"},
                     {":path", "/page"},
                     {"content-length", "2"}});
  client().Send("hi");
  if (!is_http1()) client().Finish();
  proxy().Run();
  EXPECT_EQ(host().bytes().substr(0, 10), "POST /page");
}

}  // namespace
}  // namespace sluice
