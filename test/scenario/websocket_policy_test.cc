// What a route may hold its WebSockets to: WebSocketPolicy of the upgrade filter and of
// UpgradePerRoute.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"
#include "test/harness/ws_peer.h"

namespace sluice {
namespace {

using Lines = std::vector<std::string>;

constexpr const char* kLog =
    "%WEBSOCKET_CLOSE_CODE% %TUNNEL_ENDED_BY% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%";
constexpr const char* kTypes = "type.googleapis.com/sluice.extensions.http.upgrade.v1.";

class WebSocketPolicies : public testing::Test {
 protected:
  // The policy of the route, in YAML; `route`: fields of its action.
  void Open(const std::string& policy, const std::string& route = "", ProxyOptions options = {},
            const WsManners& manners = {}) {
    OpenWith(absl::StrCat("    typed_per_filter_config:\n      upgrade: { \"@type\": ", kTypes,
                          "UpgradePerRoute, websocket: { ", policy, " } }\n"),
             route, std::move(options), manners);
  }
  void OpenWith(const std::string& per_route, const std::string& route, ProxyOptions options,
                const WsManners& manners) {
    if (options.log == ProxyOptions().log) options.log = kLog;
    proxy_ = std::make_unique<ProxyFixture>(
        absl::StrCat("virtual_hosts:\n- name: all\n  domains: [\"*\"]\n  routes:\n  - match: { "
                     "prefix: / }\n    route: { cluster: users, ",
                     route, " }\n", per_route),
        options);
    host_ = std::make_unique<WsServer>(proxy_->world(), ProxyFixture::HostAddress(0, 0), manners);
    client_ = std::make_unique<WsClient>(proxy_->world(), proxy_->listener_address(), manners);
    client_->Handshake("/chat");
    proxy_->Run();
    ASSERT_TRUE(client_->open());
  }
  void TearDown() override { End(); }
  // Both ends are gone; the log's line.
  std::string End() {
    client_.reset();
    host_.reset();
    if (proxy_ == nullptr) return "";
    proxy_->Run();
    const Lines lines = proxy_->LogLines();
    return lines.empty() ? "" : lines.back();
  }
  int64_t Stat(const std::string& name) { return proxy_->Stat("http.test.websocket." + name); }
  void Wait(Duration time) { proxy_->Advance(time); }
  WsEnd& client() { return client_->ws(); }
  WsEnd& host() { return host_->ws(); }

  std::unique_ptr<ProxyFixture> proxy_;
  std::unique_ptr<WsServer> host_;
  std::unique_ptr<WsClient> client_;
};

TEST_F(WebSocketPolicies, FramesAreNotFollowedWhereThatIsTurnedOff) {
  Open("follow_frames: false");
  client().Text("hi");
  client().Send({.type = WsType::kText, .payload = "bare"});
  proxy_->Run();
  EXPECT_EQ(host().messages(), (Lines{"hi", "bare"}));
  EXPECT_EQ(Stat("rx_text_messages"), 0);
  EXPECT_EQ(Stat("rx_protocol_violations"), 0);
  client().Close(1000);
  proxy_->Run();
  EXPECT_EQ(End(), "- upstream - via_upstream") << "whose FIN was first";
}

TEST_F(WebSocketPolicies, TheUpgradeFiltersCountsWhereTheRouteHasNone) {
  const std::string filter = absl::StrCat("- name: upgrade\n  typed_config: { \"@type\": ", kTypes,
                                          "Upgrade, websocket: { follow_frames: false } }\n");
  OpenWith("", "", {.filters = filter}, {});
  client().Text("hi");
  proxy_->Run();
  EXPECT_EQ(Stat("rx_text_messages"), 0);
  End();
  Open("follow_frames: true", "", {.filters = filter});
  client().Text("hi");
  proxy_->Run();
  EXPECT_EQ(Stat("rx_text_messages"), 1);
}

TEST_F(WebSocketPolicies, S08TheRequestTimeoutIsTheIdleTimeoutWhereThatIsWanted) {
  Open("request_timeout_is_idle_timeout: true", "timeout: 10s");
  for (int i = 0; i < 3; ++i) {
    Wait(std::chrono::seconds(8));
    client().Text("awake");
    proxy_->Run();
  }
  EXPECT_FALSE(client_->closed_by_peer());
  Wait(std::chrono::seconds(11));
  EXPECT_TRUE(client_->closed_by_peer());
  EXPECT_NE(End().find("SI stream_idle_timeout"), std::string::npos);
}

}  // namespace
}  // namespace sluice
