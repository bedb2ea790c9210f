// WebSockets whose host is removed from its cluster or turns unhealthy: with `host_gone_grace` the
// client is told to come again (1012), and else nothing happens to them (M11).
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"
#include "test/harness/ws_h2_peer.h"
#include "test/harness/ws_peer.h"

namespace sluice {
namespace {

using std::chrono::seconds;
using Lines = std::vector<std::string>;

class WebSocketHost : public testing::Test {
 protected:
  // With that grace, in YAML; empty: without the policy. "users.test" is resolved every second.
  void Open(const std::string& grace, const std::string& policy = "", uint32_t workers = 1) {
    TearDown();
    const std::string all =
        grace.empty() ? policy : absl::StrCat("host_gone_grace: ", grace, policy);
    proxy_ = std::make_unique<ProxyFixture>(
        absl::StrCat(
            "virtual_hosts:\n- name: all\n  domains: [\"*\"]\n  routes:\n  - match: { prefix: / }\n"
            "    route: { cluster: users }\n    typed_per_filter_config:\n      upgrade: { "
            "\"@type\": "
            "type.googleapis.com/sluice.extensions.http.upgrade.v1.UpgradePerRoute, websocket: { ",
            all, " } }\n"),
        ProxyOptions{.workers = workers,
                     .cluster = "type: STRICT_DNS\ndns_refresh_rate: 1s\n" + more_of_cluster_,
                     .log = "%WEBSOCKET_CLOSE_CODE% %TUNNEL_ENDED_BY% %RESPONSE_CODE_DETAILS%"});
    Resolve({"10.0.0.1"});
    host_ = std::make_unique<WsServer>(proxy_->world(), ProxyFixture::HostAddress(0, 0));
    client_ = std::make_unique<WsClient>(proxy_->world(), proxy_->listener_address());
    client_->Handshake("/chat");
    proxy_->Run();
    ASSERT_TRUE(client_->open());
  }
  void Resolve(const std::vector<std::string>& ips) {
    proxy_->resolver().Say("users.test", ips);
    Wait(seconds(20));  // the first try is repeated when it fails
  }
  // As an operator would say; what health checks find comes to the same.
  void SetIll(bool ill) {
    proxy_->core().clusters().OrderHost("users", "10.0.0.1:80",
                                        ill ? HostOrder::kMaintenance : HostOrder::kUp);
    proxy_->Run();
  }
  WorkerClusters& worker_clusters() { return proxy_->core().proxy_workers()[0]->clusters(); }
  void Wait(Duration time) { proxy_->Advance(time); }
  bool is_open() { return client_->ws().close_code() == std::nullopt; }
  std::string LastClose() {
    std::vector<TunnelEndView> ends;
    proxy_->core().CollectTunnels([&ends](std::vector<TunnelView>, std::vector<TunnelEndView> all) {
      ends = std::move(all);
    });
    proxy_->Run();
    if (ends.empty()) return "";
    return absl::StrCat(ends[0].close_code, " ", TunnelEnderText(ends[0].ended_by), " ",
                        ends[0].details);
  }
  void TearDown() override {
    client_.reset();
    host_.reset();
    if (proxy_ != nullptr) proxy_->Run();
  }

  std::string more_of_cluster_;
  std::unique_ptr<ProxyFixture> proxy_;
  std::unique_ptr<WsServer> host_;
  std::unique_ptr<WsClient> client_;
};

TEST_F(WebSocketHost, ThatWasRemovedIsGivenUpAfterTheGrace) {
  Open("60s");
  Resolve({"10.0.0.2"});
  Wait(seconds(35));
  EXPECT_TRUE(is_open());
  client_->ws().Text("still here");
  proxy_->Run();
  EXPECT_EQ(host_->ws().messages(), Lines{"still here"});
  Wait(seconds(30));
  EXPECT_EQ(client_->ws().close_code(), 1012);
  EXPECT_EQ(host_->ws().close_code(), 1012);
  EXPECT_EQ(client_->ws().wrong() + host_->ws().wrong(), "");
  EXPECT_FALSE(client_->peer().got_reset());
  EXPECT_EQ(proxy_->Stat("http.test.websocket.close_1012"), 1);
  EXPECT_EQ(proxy_->Stat("http.test.websocket.ended_by_proxy"), 1);
  EXPECT_EQ(LastClose(), "1012 proxy websocket_host_removed");
  EXPECT_EQ(proxy_->LogLines(), Lines{"1012 proxy websocket_host_removed"});
  WsServer next(proxy_->world(), ProxyFixture::HostAddress(0, 1));
  WsClient again(proxy_->world(), proxy_->listener_address());
  again.Handshake("/chat");
  proxy_->Run();
  EXPECT_TRUE(again.open());
  EXPECT_EQ(next.tunnels(), 1u);
}

TEST_F(WebSocketHost, ThatIsUnhealthyIsGivenUpAfterTheGrace) {
  Open("30s");
  SetIll(true);
  Wait(seconds(29));
  EXPECT_TRUE(is_open());
  Wait(seconds(2));
  EXPECT_EQ(client_->ws().close_code(), 1012);
  EXPECT_EQ(host_->ws().close_code(), 1012);
  EXPECT_EQ(LastClose(), "1012 proxy websocket_host_unhealthy");
}

TEST_F(WebSocketHost, ThatFailsItsHealthChecksIsGivenUpAfterTheGrace) {
  more_of_cluster_ =
      "health_checks: [{ timeout: 1s, interval: 1s, no_traffic_interval: 1s, healthy_threshold: 1, "
      "unhealthy_threshold: 2, tcp_health_check: {} }]\n";
  Open("30s");
  Wait(seconds(60));
  EXPECT_TRUE(is_open());
  proxy_->world().memory().StopServing(ProxyFixture::HostAddress(0, 0));
  Wait(seconds(28));
  EXPECT_TRUE(is_open());
  Wait(seconds(8));
  EXPECT_EQ(client_->ws().close_code(), 1012);
  EXPECT_EQ(LastClose(), "1012 proxy websocket_host_unhealthy");
}

TEST_F(WebSocketHost, ThatRecoversInTimeKeepsItsTunnels) {
  Open("30s");
  for (int i = 0; i < 3; ++i) {
    SetIll(true);
    Wait(seconds(25));
    SetIll(false);
    Wait(seconds(25));
  }
  EXPECT_TRUE(is_open());
  Open("30s");
  Resolve({"10.0.0.2"});
  Resolve({"10.0.0.1"});
  Wait(seconds(60));
  EXPECT_TRUE(is_open());
}

TEST_F(WebSocketHost, HasTheWholeGraceEachTime) {
  Open("30s");
  SetIll(true);
  Wait(seconds(25));
  SetIll(false);
  Wait(seconds(1));
  SetIll(true);
  Wait(seconds(25));
  EXPECT_TRUE(is_open());
  Wait(seconds(6));
  EXPECT_EQ(client_->ws().close_code(), 1012);
}

TEST_F(WebSocketHost, HasNoMoreTimeForBeingIllAndThenRemoved) {
  Open("60s");
  SetIll(true);
  Wait(seconds(15));
  Resolve({"10.0.0.2"});
  Wait(seconds(30));
  EXPECT_EQ(client_->ws().close_code(), 1012);
  EXPECT_EQ(LastClose(), "1012 proxy websocket_host_removed");
}

TEST_F(WebSocketHost, OfAClusterThatIsRemovedIsGivenUp) {
  Open("30s");
  worker_clusters().Remove("users");
  Wait(seconds(29));
  EXPECT_TRUE(is_open());
  Wait(seconds(2));
  EXPECT_EQ(client_->ws().close_code(), 1012);
  EXPECT_EQ(LastClose(), "1012 proxy websocket_host_removed");
}

TEST_F(WebSocketHost, OfAClusterThatIsReplacedIsTheSameWhereItIsStillListed) {
  Open("0s");
  WorkerClusters& clusters = worker_clusters();
  const WorkerCluster& old = *clusters.Find("users");
  const HostEntry host{old.hosts().hosts[0]};
  SimWorld& world = proxy_->world();
  clusters.Set(std::make_unique<WorkerCluster>(world.worker(), world.network(), old.PinSpec(),
                                               old.PinBreaker()));
  Wait(seconds(1));
  EXPECT_TRUE(is_open()) << "its hosts are still to come";
  clusters.SetHosts("users", MakeHostSet({host}));
  Wait(seconds(60));
  EXPECT_TRUE(is_open());
  clusters.SetHosts("users", MakeHostSet({}));
  Wait(seconds(1));
  EXPECT_EQ(client_->ws().close_code(), 1012);
}

TEST_F(WebSocketHost, IsNobodysConcernWhereNothingIsSaid) {
  Open("", "enforce: true");
  SetIll(true);
  Wait(seconds(100));
  Resolve({"10.0.0.2"});
  Wait(std::chrono::hours(10));
  EXPECT_TRUE(is_open());
  client_->ws().Text("for ever");
  proxy_->Run();
  EXPECT_EQ(host_->ws().messages(), Lines{"for ever"});
}

TEST_F(WebSocketHost, IsGivenUpAtOnceWithoutAGrace) {
  Open("0s");
  SetIll(true);
  Wait(std::chrono::milliseconds(1));
  EXPECT_EQ(client_->ws().close_code(), 1012);
}

TEST_F(WebSocketHost, ThatIsAlreadyIllWhenTheTunnelOpensHasTheGrace) {
  Open("30s");
  // Not by an operator: whom one has taken out gets nothing, whoever else is ill.
  ClusterSet& clusters = proxy_->core().clusters();
  clusters.Find("users")->hosts().hosts[0]->SetFlag(HostFlag::kFailedActiveCheck, true);
  SetIll(false);
  WsClient late(proxy_->world(), proxy_->listener_address());
  late.Handshake("/chat");
  proxy_->Run();
  ASSERT_TRUE(late.open()) << "everybody is ill, so nobody is left out";
  Wait(seconds(29));
  EXPECT_EQ(late.ws().close_code(), std::nullopt);
  Wait(seconds(2));
  EXPECT_EQ(late.ws().close_code(), 1012);
}

TEST_F(WebSocketHost, IsWatchedForEveryStreamOfHttp2OnEveryWorker) {
  Open("30s", "", 2);
  WsH2Client over_http2(proxy_->world(), proxy_->listener_address());
  std::vector<uint32_t> streams;
  for (int i = 0; i < 20; ++i) streams.push_back(over_http2.Handshake("/chat"));
  WsClient other(proxy_->world(), proxy_->listener_address());
  other.Handshake("/chat");
  proxy_->Run();
  SetIll(true);
  Wait(seconds(31));
  EXPECT_EQ(client_->ws().close_code(), 1012);
  EXPECT_EQ(other.ws().close_code(), 1012);
  for (const uint32_t stream : streams)
    EXPECT_EQ(over_http2.ws(stream).close_code(), 1012) << stream;
  EXPECT_EQ(proxy_->Stat("http.test.downstream_cx_upgrades_active"), 0);
}

}  // namespace
}  // namespace sluice
