// A client of HTTP/2 may offer its subprotocols in several fields of one name: a host that chose
// one of the second was taken for a liar, and the client got a 502.
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"
#include "test/harness/ws_h2_peer.h"
#include "test/harness/ws_peer.h"

namespace sluice {
namespace {

TEST(SubprotocolLinesRegression, AllOfThemAreOffers) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {});
  WsServer host(proxy.world(), ProxyFixture::HostAddress(0, 0), {}, [](const H1Message& request) {
    return WsAccept(request, {"sec-websocket-protocol: mqtt"});
  });
  WsH2Client client(proxy.world(), proxy.listener_address());
  const uint32_t stream = client.Handshake(
      "/chat", {{"sec-websocket-protocol", "chat, stomp"}, {"sec-websocket-protocol", "mqtt"}});
  proxy.Run();
  ASSERT_TRUE(client.open(stream));
  EXPECT_EQ(client.response(stream).Get("sec-websocket-protocol"), "mqtt");
}

}  // namespace
}  // namespace sluice
