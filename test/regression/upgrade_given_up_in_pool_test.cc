// A host with HTTP/2 and without extended CONNECT: an upgrade that waited for its connection gave
// its stream back from inside the pool's call, and when another request waited behind it the
// process ended at a check of the streams' count.
#include "gtest/gtest.h"
#include "test/harness/h2_peer.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

constexpr uint16_t kMaxConcurrentStreams = 3;

TEST(UpgradeGivenUpInPoolRegression, WhoWaitsBehindItIsServed) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.cluster = R"(
  circuit_breakers: { thresholds: [{ max_connections: 1 }] }
  typed_extension_protocol_options:
    envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
      "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
      explicit_http_config: { http2_protocol_options: {} }
)"});
  H2Answer late = H2Answer::Of(200, "late");
  late.delay = std::chrono::seconds(1);
  H2Server host(
      proxy.world(), ProxyFixture::HostAddress(0, 0), [late](const H2Message&) { return late; },
      H2PeerOptions{.settings = {{kMaxConcurrentStreams, 1}}});
  H1Client& first = proxy.Client();
  H1Client& upgrade = proxy.Client();
  H1Client& behind = proxy.Client();
  first.Get("/");
  proxy.Run();
  upgrade.Send(
      "GET /chat HTTP/1.1\r\nhost: users\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
      "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  proxy.Run();
  behind.Get("/");
  proxy.Advance(std::chrono::seconds(5));
  EXPECT_EQ(first.response(0).status(), 200);
  EXPECT_EQ(behind.response(0).status(), 200);
  proxy.world().memory().StopServing(ProxyFixture::HostAddress(0, 0));
}

}  // namespace
}  // namespace sluice
