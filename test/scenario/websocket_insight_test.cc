// What one can see of a WebSocket without reading it (M10): messages, pings, close codes, who has
// ended it, and what broke the protocol: in the log, in statistics, and as the admin pages show it.
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"
#include "test/harness/ws_peer.h"

namespace sluice {
namespace {

using Lines = std::vector<std::string>;

constexpr const char* kLog =
    "%WEBSOCKET_CLOSE_CODE% %TUNNEL_ENDED_BY% %WEBSOCKET_MESSAGES_RECEIVED% "
    "%WEBSOCKET_MESSAGES_SENT% %RESPONSE_CODE_DETAILS%";

class WebSocketInsight : public testing::Test {
 protected:
  void Open(const std::string& route = "", const std::string& log = kLog,
            const WsManners& manners = {}) {
    proxy_ = std::make_unique<ProxyFixture>(ProxyFixture::ToUsers(route), ProxyOptions{.log = log});
    host_ = std::make_unique<WsServer>(proxy_->world(), ProxyFixture::HostAddress(0, 0), manners);
    client_ = std::make_unique<WsClient>(proxy_->world(), proxy_->listener_address(), manners);
    client_->Handshake("/chat");
    proxy_->Run();
  }
  // Both ends are gone; the log's line.
  std::string End() {
    client_.reset();
    host_.reset();
    proxy_->Run();
    const Lines lines = proxy_->LogLines();
    return lines.empty() ? "" : lines.back();
  }
  void TearDown() override { End(); }
  int64_t Stat(const std::string& name) { return proxy_->Stat("http.test.websocket." + name); }

  std::vector<TunnelView> open_;
  std::vector<TunnelEndView> ends_;
  void Collect() {
    proxy_->core().CollectTunnels(
        [this](std::vector<TunnelView> open, std::vector<TunnelEndView> ends) {
          open_ = std::move(open);
          ends_ = std::move(ends);
        });
    proxy_->Run();
  }

  std::unique_ptr<ProxyFixture> proxy_;
  std::unique_ptr<WsServer> host_;
  std::unique_ptr<WsClient> client_;
};

TEST_F(WebSocketInsight, CountsMessagesByDirectionAndKind) {
  Open();
  for (int i = 0; i < 3; ++i) client_->ws().Text("up");
  client_->ws().Fragments(WsType::kBinary, {"a", "b", "c"});
  host_->ws().Binary("down");
  proxy_->Run();
  EXPECT_EQ(Stat("rx_text_messages"), 3);
  EXPECT_EQ(Stat("rx_binary_messages"), 1);
  EXPECT_EQ(Stat("tx_binary_messages"), 1);
  EXPECT_EQ(Stat("tx_text_messages"), 0);
  client_->ws().Close(1000);
  proxy_->Run();
  EXPECT_EQ(End(), "1000 client 4 1 via_upstream");
}

TEST_F(WebSocketInsight, ClosesSayWhichCodeAndWho) {
  Open();
  host_->ws().Close(1001, "going");
  proxy_->Run();
  EXPECT_EQ(Stat("close_1001"), 1);
  EXPECT_EQ(Stat("ended_by_upstream"), 1);
  EXPECT_EQ(End(), "1001 upstream 0 0 via_upstream");
  Open();
  client_->ws().Close(4000);
  proxy_->Run();
  EXPECT_EQ(Stat("close_other"), 1);
  EXPECT_EQ(End(), "4000 client 0 0 via_upstream");
  Open();
  client_->ws().Close();
  proxy_->Run();
  EXPECT_EQ(End(), "1005 client 0 0 via_upstream");
}

TEST_F(WebSocketInsight, AnEndWithoutACloseIs1006) {
  Open();
  client_->peer().Reset();
  proxy_->Run();
  EXPECT_EQ(End(), "1006 client 0 0 downstream_remote_disconnect");
  Open();
  host_->peer().Reset();
  proxy_->Run();
  EXPECT_EQ(Stat("close_1006"), 1);
  EXPECT_EQ(End(),
            "1006 upstream 0 0 upstream_reset_after_response_started{connection_termination}");
}

TEST_F(WebSocketInsight, PingsAreTimedToWhereTheyAreAnswered) {
  Open("", "%WEBSOCKET_UPSTREAM_PING_RTT% %WEBSOCKET_DOWNSTREAM_PING_RTT%", {.answer_ping = false});
  client_->ws().Ping("one");
  proxy_->Run();
  proxy_->Advance(std::chrono::milliseconds(30));
  host_->ws().Pong("one");
  proxy_->Run();
  EXPECT_EQ(Stat("rx_pings"), 1);
  EXPECT_EQ(Stat("tx_pongs"), 1);
  EXPECT_EQ(End(), "30 -");
}

TEST_F(WebSocketInsight, ViolationsAreCountedAndPass) {
  Open("", "%WEBSOCKET_DOWNSTREAM_VIOLATION% %WEBSOCKET_UPSTREAM_VIOLATION%");
  client_->ws().Send({.type = WsType::kText, .payload = "bare"});
  proxy_->Run();
  EXPECT_EQ(Stat("rx_protocol_violations"), 1);
  EXPECT_EQ(host_->ws().wrong(), "not masked") << "it has passed";
  EXPECT_EQ(End(), "not_masked -");
}

TEST_F(WebSocketInsight, PagesShowWhatIsOpenAndHowTheLastHaveEnded) {
  Open();
  client_->ws().Text("hi");
  proxy_->Run();
  proxy_->Advance(std::chrono::seconds(5));
  Collect();
  ASSERT_EQ(open_.size(), 1u);
  EXPECT_EQ(open_[0].type, "websocket");
  EXPECT_EQ(open_[0].cluster, "users");
  EXPECT_EQ(open_[0].upstream, "10.0.0.1:80");
  EXPECT_EQ(open_[0].messages_received, 1u);
  EXPECT_EQ(open_[0].age, Duration(std::chrono::seconds(5)));
  EXPECT_TRUE(ends_.empty());
  host_->ws().Close(1011);
  proxy_->Run();
  Collect();
  EXPECT_TRUE(open_.empty());
  ASSERT_EQ(ends_.size(), 1u);
  EXPECT_EQ(ends_[0].close_code, 1011);
  EXPECT_EQ(ends_[0].ended_by, TunnelEnder::kUpstream);
  EXPECT_EQ(ends_[0].tunnel.cluster, "users");
}

}  // namespace
}  // namespace sluice
