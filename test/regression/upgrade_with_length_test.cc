// "content-length: 0" in a handshake over HTTP/1 was sent on in the CONNECT to a host of HTTP/2,
// which makes that malformed.
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"
#include "test/harness/ws_h2_peer.h"
#include "test/harness/ws_peer.h"

namespace sluice {
namespace {

TEST(UpgradeWithLengthRegression, TheLengthStaysBehind) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.cluster = R"(
  typed_extension_protocol_options:
    envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
      "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
      explicit_http_config: { http2_protocol_options: {} }
)"});
  WsH2Server host(proxy.world(), ProxyFixture::HostAddress(0, 0));
  WsClient client(proxy.world(), proxy.listener_address());
  client.Handshake("/chat", {"content-length: 0"});
  proxy.Run();
  ASSERT_EQ(host.requests().size(), 1u);
  EXPECT_EQ(host.requests()[0].Get("content-length"), "");
  EXPECT_TRUE(client.open());
}

}  // namespace
}  // namespace sluice
