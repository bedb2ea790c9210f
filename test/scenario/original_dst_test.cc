// Requests that go to where their clients meant to connect to (ORIGINAL_DST).
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

using std::chrono::seconds;

constexpr char kCluster[] = "type: ORIGINAL_DST\nlb_policy: CLUSTER_PROVIDED\n";
constexpr char kFilter[] =
    "listener_filters:\n- name: original_dst\n  typed_config: { \"@type\": "
    "type.googleapis.com/envoy.extensions.filters.listener.original_dst.v3.OriginalDst }\n";

ProxyOptions Options(const std::string& more = "") {
  return {.listener = kFilter, .cluster = absl::StrCat(kCluster, more)};
}

// Connections to the proxy's listener were meant for this host from now on.
void Meant(ProxyFixture& proxy, int host) {
  proxy.world().memory().Redirect(ProxyFixture::HostAddress(0, host), proxy.listener_address());
}

int StatusOf(ProxyFixture& proxy, const std::vector<std::string>& header_lines = {}) {
  H1Client& client = proxy.Client();
  client.Get("/", header_lines);
  proxy.Run();
  const int status = client.response(0).status();
  client.Close();
  proxy.Run();
  return status;
}

TEST(OriginalDst, RequestsGoWhereTheirClientsMeantToGo) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), Options());
  H1Server& first = proxy.Host(H1Answer::Of(200), 0);
  H1Server& second = proxy.Host(H1Answer::Of(200), 1);
  Meant(proxy, 0);
  EXPECT_EQ(StatusOf(proxy), 200);
  EXPECT_EQ(StatusOf(proxy), 200);
  Meant(proxy, 1);
  EXPECT_EQ(StatusOf(proxy), 200);
  EXPECT_EQ(first.requests().size(), 2u);
  EXPECT_EQ(first.connections_accepted(), 1u);  // a pool as of every host
  EXPECT_EQ(second.requests().size(), 1u);
  EXPECT_EQ(proxy.Stat("cluster.users.membership_total"), 2);
}

TEST(OriginalDst, WhoeverMeantUsGoesNowhere) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), Options());
  EXPECT_EQ(StatusOf(proxy), 503);
  EXPECT_EQ(proxy.LogLines(), std::vector<std::string>{"503 UH no_healthy_upstream"});
}

TEST(OriginalDst, AHeaderSaysItBetter) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     Options("original_dst_lb_config: { use_http_header: true }\n"));
  H1Server& meant = proxy.Host(H1Answer::Of(200), 0);
  H1Server& said = proxy.Host(H1Answer::Of(200), 1);
  Meant(proxy, 0);
  EXPECT_EQ(StatusOf(proxy, {"x-envoy-original-dst-host: 10.0.0.2:80"}), 200);
  EXPECT_EQ(said.requests().size(), 1u);
  EXPECT_EQ(StatusOf(proxy), 200);
  EXPECT_EQ(meant.requests().size(), 1u);
}

TEST(OriginalDst, AHeaderThatSaysNothingOfUseIsCountedAndPassedOver) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     Options("original_dst_lb_config: { use_http_header: true }\n"));
  H1Server& meant = proxy.Host(H1Answer::Of(200), 0);
  Meant(proxy, 0);
  const std::vector<std::string> bad = {"10.0.0.2",  "10.0.0.2:",    "10.0.0.2:0",
                                        "a.test:80", "10.0.0.2:+1",  "10.0.0.2:1e9",
                                        "::1:80",    "[10.0.0.2]:80"};
  for (const std::string& text : bad) {
    EXPECT_EQ(StatusOf(proxy, {"x-envoy-original-dst-host: " + text}), 200) << text;
  }
  EXPECT_EQ(meant.requests().size(), bad.size());
  EXPECT_EQ(proxy.Stat("cluster.users.original_dst_host_invalid"),
            static_cast<int64_t>(bad.size()));
}

TEST(OriginalDst, ThePortMayBeAnother) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     Options("original_dst_lb_config: { upstream_port_override: 80 }\n"));
  H1Server& host = proxy.Host(H1Answer::Of(200), 0);
  proxy.world().memory().Redirect(*Address::FromIp("10.0.0.1", 9999), proxy.listener_address());
  EXPECT_EQ(StatusOf(proxy), 200);
  EXPECT_EQ(host.requests().size(), 1u);
}

TEST(OriginalDst, HostsThatNobodyUsesGo) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), Options("cleanup_interval: 2s\n"));
  H1Server& host = proxy.Host(H1Answer::Of(200), 0);
  Meant(proxy, 0);
  EXPECT_EQ(StatusOf(proxy), 200);
  proxy.Advance(seconds(20));
  EXPECT_EQ(proxy.Stat("cluster.users.membership_total"), 1);  // its connection is kept
  host.CloseAll();
  proxy.Advance(seconds(5));
  EXPECT_EQ(proxy.Stat("cluster.users.membership_total"), 0);
  EXPECT_EQ(StatusOf(proxy), 200);
  EXPECT_EQ(proxy.Stat("cluster.users.membership_total"), 1);
}

TEST(OriginalDst, RemovalOfTheClusterLetsRequestsEnd) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), Options());
  H1Answer late = H1Answer::Of(200);
  late.delay = seconds(5);
  H1Server& host = proxy.Host(late, 0);
  Meant(proxy, 0);
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  proxy.core().clusters().Remove("users");
  proxy.Advance(seconds(5));
  EXPECT_EQ(client.response(0).status(), 200);
  EXPECT_EQ(host.connections_open(), 0u);
  EXPECT_EQ(proxy.Stat("cluster.users.membership_total"), 0);
}

TEST(OriginalDst, SoDoConnectionsThatAreNotHttp) {
  ProxyOptions options = Options();
  options.tcp = "cluster: users";
  options.log = "%UPSTREAM_HOST%";
  ProxyFixture proxy("", options);
  proxy.Host(H1Answer::Of(200), 1);
  Meant(proxy, 1);
  EXPECT_EQ(StatusOf(proxy), 200);
  EXPECT_EQ(proxy.LogLines(), std::vector<std::string>{"10.0.0.2:80"});
}

}  // namespace
}  // namespace sluice
