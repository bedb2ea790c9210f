// The limit that upgraded streams have for themselves (circuit_breakers count them for nothing),
// and that balancers see them as what they are: work of their host.
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

using Lines = std::vector<std::string>;

class WebSocketLimits : public testing::Test {
 protected:
  void Open(const std::string& cluster, const std::string& route = "") {
    proxy_ = std::make_unique<ProxyFixture>(ProxyFixture::ToUsers(route),
                                            ProxyOptions{.cluster = cluster});
    host_ = std::make_unique<WsServer>(proxy_->world(), ProxyFixture::HostAddress(0, 0));
  }
  static std::string Max(int upgrades) {
    return absl::StrCat("metadata: { filter_metadata: { sluice.upgrade: { max_upgrades: ", upgrades,
                        " } } }\n");
  }
  WsClient& Ask() {
    clients_.push_back(std::make_unique<WsClient>(proxy_->world(), proxy_->listener_address()));
    clients_.back()->Handshake("/chat");
    proxy_->Run();
    return *clients_.back();
  }
  void TearDown() override {
    clients_.clear();
    host_.reset();
    if (proxy_ != nullptr) proxy_->Run();
  }
  int64_t Stat(const std::string& name) { return proxy_->Stat("cluster.users." + name); }
  uint32_t RequestsOfHost() {
    return proxy_->core().clusters().Find("users")->hosts().hosts[0]->rq_active.load();
  }

  std::unique_ptr<ProxyFixture> proxy_;
  std::unique_ptr<WsServer> host_;
  std::vector<std::unique_ptr<WsClient>> clients_;
};

TEST_F(WebSocketLimits, OneUpgradeTooManyIsAnsweredWith503) {
  Open(Max(2) + "circuit_breakers: { thresholds: [{ track_remaining: true }] }");
  WsClient& first = Ask();
  EXPECT_EQ(Stat("circuit_breakers.default.upgrades_open"), 0);
  EXPECT_EQ(Stat("circuit_breakers.default.remaining_upgrades"), 1);
  EXPECT_TRUE(Ask().open());
  EXPECT_EQ(Stat("circuit_breakers.default.upgrades_open"), 1);
  WsClient& third = Ask();
  EXPECT_FALSE(third.open());
  EXPECT_EQ(third.response(0).status(), 503);
  EXPECT_EQ(proxy_->LogLines(), Lines{"503 UO upstream_reset_before_response_started{overflow}"});
  EXPECT_EQ(Stat("upstream_cx_upgrades_overflow"), 1);
  EXPECT_EQ(Stat("upstream_cx_upgrades_active"), 2);
  EXPECT_EQ(Stat("upstream_rq_pending_overflow"), 0);
  first.ws().Close(1000);
  proxy_->Run();
  EXPECT_TRUE(Ask().open()) << "there is room again";
}

TEST_F(WebSocketLimits, RequestsAreNotHeldToIt) {
  Open(Max(0));
  EXPECT_EQ(Ask().response(0).status(), 503);
  host_->SetOnRequest([](const H1Message&) { return WsRefuse(200, "page"); });
  H1Client& plain = proxy_->Client();
  plain.Get("/");
  proxy_->Run();
  EXPECT_EQ(plain.response(0).body, "page");
}

TEST_F(WebSocketLimits, ARefusedUpgradeGivesItsPlaceBackAtOnce) {
  Open(Max(1));
  host_->SetOnRequest([](const H1Message&) { return WsRefuse(403, "no"); });
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Ask().response(0).status(), 403);
  EXPECT_EQ(Stat("upstream_cx_upgrades_active"), 0);
}

TEST_F(WebSocketLimits, WhoeverLeavesBeforeTheAnswerGivesItsPlaceBack) {
  Open(Max(1));
  host_->SetOnRequest([](const H1Message&) { return std::string(); });
  WsClient& impatient = Ask();
  EXPECT_EQ(Stat("upstream_cx_upgrades_active"), 1) << "it counts from when the host is asked";
  impatient.peer().Reset();
  proxy_->Advance(std::chrono::milliseconds(10));
  EXPECT_EQ(Stat("upstream_cx_upgrades_active"), 0);
  host_.reset();
  Ask();
  EXPECT_EQ(clients_.back()->response(0).status(), 503) << "connection refused";
  EXPECT_EQ(Stat("upstream_cx_upgrades_active"), 0);
  EXPECT_EQ(Stat("upstream_cx_upgrades_overflow"), 0);
}

TEST_F(WebSocketLimits, StreamsOfHttp2AreHeldToItOneByOne) {
  Open(Max(3));
  WsH2Client client(proxy_->world(), proxy_->listener_address());
  std::vector<uint32_t> streams;
  for (int i = 0; i < 5; ++i) streams.push_back(client.Handshake("/chat"));
  proxy_->Run();
  int open = 0;
  for (const uint32_t stream : streams) open += client.open(stream);
  EXPECT_EQ(open, 3);
  EXPECT_EQ(Stat("upstream_cx_upgrades_overflow"), 2);
}

TEST_F(WebSocketLimits, EachPriorityHasItsOwn) {
  Open(Max(1), "priority: HIGH");
  EXPECT_TRUE(Ask().open());
  EXPECT_EQ(Ask().response(0).status(), 503);
  EXPECT_EQ(Stat("circuit_breakers.high.upgrades_open"), 1);
  EXPECT_EQ(Stat("circuit_breakers.default.upgrades_open"), 0);
}

// More than any circuit breaker's default.
TEST_F(WebSocketLimits, BalancersSeeTunnelsAsActiveRequests) {
  Open("");
  WsClient& first = Ask();
  Ask();
  EXPECT_EQ(RequestsOfHost(), 2u);
  first.ws().Close(1000);
  proxy_->Run();
  EXPECT_EQ(RequestsOfHost(), 1u);
  clients_.clear();
  proxy_->Run();
  EXPECT_EQ(RequestsOfHost(), 0u);
}

}  // namespace
}  // namespace sluice
