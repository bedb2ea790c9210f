// CONNECT that is forwarded to a host which is a proxy itself, over every pair of hops, plaintext
// and TLS: who may, the two heads, the bytes and how they end.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/scenario/connect_ends.h"

namespace sluice {
namespace {

using Lines = std::vector<std::string>;

constexpr char kAllowed[] = "upgrade_configs: [{ upgrade_type: CONNECT }]";
constexpr char kLog[] =
    "%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %BYTES_RECEIVED% %BYTES_SENT%";

// A route for every CONNECT, and one for all else.
std::string Routes(const std::string& route_fields = kAllowed,
                   const std::string& domains = "[\"*\"]") {
  return absl::StrCat("virtual_hosts:\n- name: all\n  domains: ", domains,
                      "\n  routes:\n  - match: { connect_matcher: {} }\n    route:\n"
                      "      cluster: users\n      ",
                      route_fields, "\n  - match: { prefix: / }\n    route: { cluster: users }\n");
}

class Connect : public TunnelTest<BridgePair> {
 protected:
  bool client_is_http1() const { return GetParam().client == Wire::kHttp1; }
  bool host_is_http1() const { return GetParam().host == Wire::kHttp1; }

  void Start(const std::string& routes = Routes(), ProxyOptions options = {}) {
    options.cluster = BridgeClusterFields(GetParam().host) + options.cluster;
    options.log = kLog;
    const bool tls = GetParam().over == BridgeOver::kTls;
    if (tls) {
      options.filter_chain = tls_.Downstream();
      options.cluster += tls_.Upstream();
    }
    StartEnds(routes, options, GetParam().client, GetParam().host, Serve::kYes,
              [&](ProxyFixture& proxy) {
                if (!tls) return;
                tls_.LayClients(proxy, {client_is_http1() ? "http/1.1" : "h2"});
                tls_.LayHost(proxy, {host_is_http1() ? "http/1.1" : "h2"});
              });
  }
  void Ask(const std::string& authority = "far.test:443") {
    AskToConnect(*client_, authority, {{"x-who", "client"}});
    proxy_->Run();
  }

  TlsSetup tls_;
};

INSTANTIATE_TEST_SUITE_P(Pairs, Connect, testing::ValuesIn(AllBridgePairs()),
                         [](const auto& info) { return BridgePairName(info.param); });

TEST_P(Connect, ReachesTheHostWithItsTargetAndIsAnsweredByIt) {
  Start();
  host_->Answer({{":status", "200"}, {"x-who", "host"}});
  Ask();
  EXPECT_EQ(host().Get(":method"), "CONNECT");
  EXPECT_EQ(host().Get(":authority"), "far.test:443");
  EXPECT_EQ(host().Get("x-who"), "client");
  EXPECT_EQ(host().Get("transfer-encoding"), "");
  EXPECT_EQ(host().Get("content-length"), "");
  EXPECT_EQ(host().Get(":path") + host().Get(":scheme"), "");
  if (host_is_http1()) {
    EXPECT_EQ(host().Get("host"), "far.test:443");
  }
  EXPECT_EQ(client().Get(":status"), "200");
  EXPECT_EQ(client().Get("x-who"), "host");
  EXPECT_EQ(client().Get("transfer-encoding"), "");
  EXPECT_EQ(client().Get("content-length"), "");
  EXPECT_EQ(client().Get("connection"), "");
  EXPECT_EQ(proxy().Stat("http.test.downstream_cx_upgrades_active"), 1);
}

TEST_P(Connect, CarriesBytesBothWaysAndIsLogged) {
  Start();
  Ask();
  client().Send("up");
  host().Send("down");
  proxy().Run();
  EXPECT_EQ(host().bytes(), "up");
  EXPECT_EQ(client().bytes(), "down");
  client().Finish();
  host().Finish();
  proxy().Run();
  EXPECT_TRUE(host().ended());
  EXPECT_TRUE(client().ended());
  EXPECT_FALSE(client().was_reset());
  EXPECT_EQ(proxy().Stat("http.test.downstream_cx_upgrades_active"), 0);
  EXPECT_EQ(proxy().Stat("cluster.users.upstream_rq_active"), 0);
  EXPECT_EQ(proxy().LogLines(), Lines{"200 - via_upstream 2 4"});
}

TEST_P(Connect, BytesBehindTheRequestWaitForTheAnswerAndAreNotLost) {
  Start();
  host_->Answer({{":status", "200"}}, "at once");
  AskToConnect(client(), "far.test:443");
  client().Send("early");
  proxy().Run();
  EXPECT_EQ(host().bytes(), "early");
  EXPECT_EQ(client().bytes(), "at once");
}

TEST_P(Connect, EachEndClosesItsOwnSide) {
  for (const bool client_first : {true, false}) {
    Start();
    Ask();
    TunnelPeer& first = client_first ? client() : host();
    ExpectEachEndClosesItsOwnSide(proxy(), first, client_first ? host() : client());
  }
}

// What the second one to end has sent is still the other's, however slowly it reads.
TEST_P(Connect, TheLastBytesReachAnEndThatReadsSlowly) {
  for (const bool client_first : {true, false}) {
    Start();
    Ask();
    TunnelPeer& first = client_first ? client() : host();
    TunnelPeer& second = client_first ? host() : client();
    first.Finish();
    proxy().Run();
    first.peer().StopReading();
    second.Send(std::string(900'000, 'x'));
    second.Finish();
    proxy().Run();
    first.peer().ReadOn();
    proxy().Run();
    EXPECT_EQ(first.bytes().size(), 900'000u) << client_first;
    EXPECT_TRUE(first.ended());
    EXPECT_FALSE(first.was_reset());
    EXPECT_EQ(proxy().LogLines().size(), 1u);
  }
}

TEST_P(Connect, AResetOfOneEndReachesTheOther) {
  for (const bool by_client : {true, false}) {
    Start();
    Ask();
    TunnelPeer& from = by_client ? client() : host();
    ExpectAResetReaches(proxy(), from, by_client ? host() : client());
  }
}

TEST_P(Connect, IsForbiddenUnlessAllowed) {
  for (const bool turned_off : {true, false}) {
    Start(Routes(turned_off ? "upgrade_configs: [{ upgrade_type: CONNECT, enabled: false }]" : ""));
    Ask();
    EXPECT_EQ(client().Get(":status"), "403");
    EXPECT_EQ(host_->asked(), 0u);
    EXPECT_EQ(proxy().Stat("http.test.downstream_rq_ws_on_non_ws_route"), 1);
    EXPECT_EQ(proxy().LogLines(), Lines{"403 - upgrade_failed 0 0"});
  }
}

TEST_P(Connect, MayBeAllowedByTheManager) {
  Start(Routes(""), {.manager = kAllowed});
  Ask();
  EXPECT_EQ(client().Get(":status"), "200");
  Start(Routes("upgrade_configs: [{ upgrade_type: CONNECT, enabled: false }]"),
        {.manager = kAllowed});
  Ask();
  EXPECT_EQ(client().Get(":status"), "403");
}

// It has no path that a prefix could match.
TEST_P(Connect, NeedsARouteOfItsOwn) {
  Start(ProxyFixture::ToUsers(kAllowed), {.manager = kAllowed});
  Ask();
  EXPECT_EQ(client().Get(":status"), "404");
  EXPECT_EQ(host_->asked(), 0u);
  EXPECT_EQ(proxy().LogLines(), Lines{"404 NR route_not_found 0 0"});
}

// What may follow it is no request.
TEST_P(Connect, ARefusalEndsAConnectionOfHttp1) {
  const std::string smuggled = "GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n";
  for (const bool by_host : {true, false}) {
    Start(Routes(by_host ? kAllowed : ""));
    host_->Answer({{":status", "407"}, {"content-length", "0"}, {"x-why", "because"}});
    AskToConnect(client(), "far.test:443");
    client().Send(smuggled);
    proxy().Run();
    EXPECT_EQ(client().Get(":status"), by_host ? "407" : "403");
    EXPECT_EQ(client().Get("x-why"), by_host ? "because" : "");
    EXPECT_EQ(client().Get("connection"), client_is_http1() ? "close" : "");
    EXPECT_EQ(client().closed(), client_is_http1());
    EXPECT_EQ(client().bytes(), "");
    EXPECT_EQ(host_->asked(), by_host ? 1u : 0u);
    if (by_host) {
      EXPECT_EQ(host().bytes(), "");
    }
    EXPECT_EQ(proxy().Stat("http.test.downstream_cx_upgrades_total"), 0);
    EXPECT_EQ(proxy().Stat("http.test.downstream_rq_total"), 1);
  }
}

// Whatever the host says of a length: it is about nothing (RFC 9110 section 9.3.6).
TEST_P(Connect, AnAcceptanceHasNoLength) {
  if (!host_is_http1()) GTEST_SKIP() << "malformed in HTTP/2";
  Start();
  host_->Answer({{":status", "200"}, {"content-length", "3"}}, "more than three");
  Ask();
  EXPECT_EQ(client().bytes(), "more than three");
  EXPECT_EQ(client().Get("content-length"), "");
}

TEST_P(Connect, IsRoutedByItsAuthorityPortAndAll) {
  for (const bool same_port : {true, false}) {
    Start(Routes(kAllowed, "[\"far.test:443\"]"));
    Ask(same_port ? "far.test:443" : "far.test:80");
    EXPECT_EQ(client().Get(":status"), same_port ? "200" : "404");
  }
  Start(Routes(kAllowed, "[\"far.test\"]"));
  Ask();
  EXPECT_EQ(client().Get(":status"), "404");
  Start(absl::StrCat("ignore_port_in_host_matching: true\n", Routes(kAllowed, "[\"far.test\"]")));
  Ask();
  EXPECT_EQ(client().Get(":status"), "200");
  EXPECT_EQ(host().Get(":authority"), "far.test:443");
}

TEST_P(Connect, ATargetWithoutAPortIsMalformed) {
  Start();
  Ask("far.test");
  EXPECT_EQ(host_->asked(), 0u);
  if (client_is_http1()) {
    EXPECT_EQ(client().Get(":status"), "400");
  } else {
    EXPECT_TRUE(client().ended());
  }
}

TEST_P(Connect, TheRoutesTimeoutBoundsTheAnswerOnly) {
  Start(Routes(absl::StrCat(kAllowed, "\n      timeout: 2s")));
  host_->Answer({});
  Ask();
  proxy().Advance(std::chrono::seconds(3));
  EXPECT_EQ(client().Get(":status"), "504");
  Start(Routes(absl::StrCat(kAllowed, "\n      timeout: 2s")));
  Ask();
  proxy().Advance(std::chrono::hours(2));
  host().Send("late");
  proxy().Run();
  EXPECT_EQ(client().bytes(), "late");
}

TEST_P(Connect, AStalledEndHoldsABoundedAmount) {
  for (const bool client_stalls : {true, false}) {
    // It may send up to the window of a stream: http2_flow_control_test.
    if (client_stalls && !host_is_http1()) continue;
    Start(Routes(), {.manager = "http2_protocol_options: { initial_stream_window_size: 65535 }",
                     .listener = "per_connection_buffer_limit_bytes: 65536"});
    Ask();
    TunnelPeer& stalled = client_stalls ? client() : host();
    ExpectAStalledEndHoldsABoundedAmount(proxy(), stalled, client_stalls ? host() : client());
  }
}

}  // namespace
}  // namespace sluice
