// A TCP proxy whose host speaks HTTP (tunneling_config): the client's bytes go inside of a CONNECT
// or a POST, over HTTP/1 and HTTP/2.
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/scenario/connect_ends.h"

namespace sluice {
namespace {

using Lines = std::vector<std::string>;

class TcpTunneling : public TunnelTest<Wire> {
 protected:
  bool is_http1() const { return GetParam() == Wire::kHttp1; }
  void Start(const std::string& tunneling = "", const std::string& more = "") {
    ProxyOptions options =
        Tcp(absl::StrCat("tunneling_config:\n  hostname: far.test:443\n  ", tunneling, "\n", more));
    options.cluster = BridgeClusterFields(GetParam());
    options.log =
        "%RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %UPSTREAM_HOST% %UPSTREAM_CLUSTER%";
    StartEnds("", options, std::nullopt, GetParam());
  }
};

INSTANTIATE_TEST_SUITE_P(Over, TcpTunneling, testing::Values(Wire::kHttp1, Wire::kHttp2), WireName);

TEST_P(TcpTunneling, AsksForATunnelAndCarriesBytesInIt) {
  Start(
      "headers_to_add:\n  - header: { key: x-port, value: \"%DOWNSTREAM_LOCAL_PORT%\" }\n"
      "  - header: { key: x-is, value: fixed }");
  client().Send("early");
  proxy().Run();
  EXPECT_EQ(host().Get(":method"), "CONNECT");
  EXPECT_EQ(host().Get(":authority"), "far.test:443");
  EXPECT_EQ(host().Get("x-port"), "80");
  EXPECT_EQ(host().Get("x-is"), "fixed");
  EXPECT_EQ(host().bytes(), "early");
  host().Send("down");
  client().Send(" and late");
  proxy().Run();
  EXPECT_EQ(client().bytes(), "down");
  EXPECT_EQ(host().bytes(), "early and late");
  client().Finish();
  host().Finish();
  proxy().Run();
  EXPECT_TRUE(host().ended());
  EXPECT_TRUE(client().ended());
  EXPECT_EQ(proxy().Stat("cluster.users.upstream_rq_active"), 0);
  EXPECT_EQ(proxy().LogLines(), Lines{"- 14 4 10.0.0.1:80 users"});
}

TEST_P(TcpTunneling, NothingLeavesBeforeTheHostHasAccepted) {
  Start();
  host_->Answer({});
  client().Send("early");
  proxy().Run();
  EXPECT_EQ(host().bytes(), "");
  host().SendHead({{":status", "200"}});
  proxy().Run();
  EXPECT_EQ(host().bytes(), "early");
}

TEST_P(TcpTunneling, EachEndClosesItsOwnSide) {
  for (const bool client_first : {true, false}) {
    Start();
    proxy().Run();
    TunnelPeer& first = client_first ? client() : host();
    ExpectEachEndClosesItsOwnSide(proxy(), first, client_first ? host() : client());
  }
}

TEST_P(TcpTunneling, AResetOfOneEndReachesTheOther) {
  for (const bool by_client : {true, false}) {
    Start();
    proxy().Run();
    TunnelPeer& from = by_client ? client() : host();
    ExpectAResetReaches(proxy(), from, by_client ? host() : client());
  }
}

TEST_P(TcpTunneling, ARefusalEndsTheConnection) {
  // A host of HTTP/2 here answers one stream of a connection.
  for (const int attempts : {1, is_http1() ? 3 : 1}) {
    Start("", absl::StrCat("max_connect_attempts: ", attempts));
    host_->Answer({{":status", "403"}, {"content-length", "0"}});
    client().Send("early");
    proxy().Run();
    EXPECT_TRUE(client().closed());
    EXPECT_EQ(client().bytes(), "");
    EXPECT_EQ(host().bytes(), "");
    EXPECT_EQ(proxy().Stat("cluster.users.upstream_rq_4xx"), attempts);
    EXPECT_EQ(proxy().Stat("cluster.users.upstream_cx_connect_attempts_exceeded"), 1);
    EXPECT_EQ(proxy().LogLines(), Lines{"UF,URX 5 0 10.0.0.1:80 users"});
  }
}

TEST_P(TcpTunneling, WithoutAConnectionItEnds) {
  Start();
  host_.reset();
  proxy().Run();
  proxy().Advance(std::chrono::seconds(2));
  EXPECT_TRUE(client().closed());
  EXPECT_EQ(proxy().Stat("cluster.users.upstream_cx_connect_fail"), 1);
  EXPECT_EQ(proxy().LogLines(), Lines{"UF,URX 0 0 10.0.0.1:80 users"});
}

TEST_P(TcpTunneling, MayBeAPost) {
  Start("use_post: true\n  post_path: /tunnel");
  client().Send("up");
  proxy().Run();
  EXPECT_EQ(host().Get(":method"), "POST");
  EXPECT_EQ(host().Get(is_http1() ? ":authority" : ":path"), "/tunnel");
  EXPECT_EQ(host().Get(is_http1() ? "host" : ":authority"), "far.test:443");
  EXPECT_EQ(host().bytes(), is_http1() ? "2\r\nup\r\n" : "up");
  client().Finish();
  proxy().Run();
  EXPECT_EQ(host().bytes(), is_http1() ? "2\r\nup\r\n0\r\n\r\n" : "up");
  host().Send("down");
  host().Finish();
  proxy().Run();
  EXPECT_EQ(client().bytes(), "down");
  EXPECT_TRUE(client().ended());
  EXPECT_EQ(proxy().LogLines(), Lines{"- 2 4 10.0.0.1:80 users"});
}

TEST_P(TcpTunneling, AStalledEndHoldsABoundedAmount) {
  Start();
  proxy().Run();
  ExpectAStalledEndHoldsABoundedAmount(proxy(), host(), client());
}

TEST_P(TcpTunneling, IsIdleLikeAnyConnection) {
  Start("", "idle_timeout: 10s");
  proxy().Run();
  proxy().Advance(std::chrono::seconds(11));
  EXPECT_TRUE(client().closed());
  EXPECT_TRUE(host().ended());
  EXPECT_EQ(proxy().Stat("tcp.test.idle_timeout"), 1);
}

}  // namespace
}  // namespace sluice
