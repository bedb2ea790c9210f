// What a client of HTTP/2 sent before its upgrade was answered went past the reader of frames: it
// was not counted, and a policy could be got round by it.
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"
#include "test/harness/ws_h2_peer.h"
#include "test/harness/ws_peer.h"

namespace sluice {
namespace {

const H2Fields kChat = {{":method", "CONNECT"}, {":protocol", "websocket"},
                        {":scheme", "http"},    {":authority", "test"},
                        {":path", "/chat"},     {"sec-websocket-version", "13"}};

std::string MaskedText(std::string text) {
  return WsBytes({.type = WsType::kText, .payload = std::move(text), .mask = 0x01020304});
}

TEST(EarlyTunnelBytesRegression, AreFollowedLikeAllOthers) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {});
  WsServer host(proxy.world(), ProxyFixture::HostAddress(0, 0));
  WsH2Client client(proxy.world(), proxy.listener_address());
  const uint32_t stream = client.Start(kChat);
  const std::string frame = MaskedText("early");
  client.http().wire().SendData(stream, frame.substr(0, 3), End::kNo);
  proxy.Run();
  client.http().wire().SendData(stream, frame.substr(3), End::kNo);
  proxy.Run();
  ASSERT_TRUE(client.open(stream));
  EXPECT_EQ(host.ws().messages(), std::vector<std::string>{"early"});
  EXPECT_EQ(proxy.Stat("http.test.websocket.rx_text_messages"), 1);
  EXPECT_EQ(proxy.Stat("http.test.websocket.rx_protocol_violations"), 0);
}

TEST(EarlyTunnelBytesRegression, AreHeldToThePolicy) {
  ProxyFixture proxy(
      "virtual_hosts:\n- name: all\n  domains: [\"*\"]\n  routes:\n  - match: { prefix: / }\n"
      "    route: { cluster: users }\n    typed_per_filter_config:\n      upgrade: { \"@type\": "
      "type.googleapis.com/sluice.extensions.http.upgrade.v1.UpgradePerRoute, websocket: { "
      "max_message_bytes: 10 } }\n",
      {});
  WsServer host(proxy.world(), ProxyFixture::HostAddress(0, 0));
  WsH2Client client(proxy.world(), proxy.listener_address());
  const uint32_t stream = client.Start(kChat);
  client.http().wire().SendData(stream, MaskedText("far more than ten"), End::kNo);
  proxy.Run();
  ASSERT_TRUE(client.open(stream));
  EXPECT_EQ(client.ws(stream).close_code(), 1009);
  EXPECT_TRUE(host.ws().messages().empty());
}

TEST(EarlyTunnelBytesRegression, OfARefusedUpgradeGoNowhere) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {});
  WsServer host(proxy.world(), ProxyFixture::HostAddress(0, 0), {},
                [](const H1Message&) { return WsRefuse(403, "no"); });
  WsH2Client client(proxy.world(), proxy.listener_address());
  const uint32_t stream = client.Start(kChat);
  client.http().wire().SendData(stream, MaskedText("early"), End::kNo);
  proxy.Run();
  client.http().wire().SendData(stream, MaskedText("late"), End::kNo);
  proxy.Run();
  EXPECT_EQ(client.response(stream).status(), 403);
  EXPECT_EQ(client.response(stream).body, "no");
  EXPECT_EQ(host.requests().size(), 1u);
}

}  // namespace
}  // namespace sluice
