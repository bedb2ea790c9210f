// Far more WebSockets at once than requests or connections may be on the default configuration
// (1,024 of each): no breaker opens, no balancer forgets them, each passes a message, and when they
// end nothing is left (M13).
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "test/harness/memory_peer.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

constexpr int kTunnels = 50000;
constexpr int kAtOnce = 500;  // fewer than may be pending
constexpr char kHandshake[] =
    "GET /chat HTTP/1.1\r\nHost: a.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
constexpr char kAccept[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

constexpr char kText[] = "\x81\x82\x01\x02\x03\x04hi";
constexpr char kHello[] = "\x81\x05hello";

TEST(ManyTunnels, FiftyThousandRunOnDefaults) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.log = "%RESPONSE_FLAGS%"});
  std::vector<std::unique_ptr<MemoryPeer>> hosts, clients;
  proxy.world().memory().Serve(ProxyFixture::HostAddress(0, 0),
                               [&hosts](std::unique_ptr<MemoryPeer> peer) {
                                 MemoryPeer& host = *peer;
                                 host.OnActivity([&host] {
                                   const std::string got = host.Take();
                                   if (!got.empty()) host.Send(got == kText ? kHello : kAccept);
                                 });
                                 hosts.push_back(std::move(peer));
                               });
  while (clients.size() < kTunnels) {
    for (int i = 0; i < kAtOnce; ++i) {
      clients.push_back(proxy.world().memory().Dial(proxy.listener_address()));
      clients.back()->Send(kHandshake);
    }
    proxy.Run();
  }
  int open = 0;
  for (const auto& client : clients) open += client->received().find(" 101 ") != std::string::npos;
  EXPECT_EQ(open, kTunnels);
  EXPECT_EQ(proxy.Stat("http.test.downstream_cx_upgrades_active"), kTunnels);
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_rq_pending_overflow"), 0);
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_cx_overflow"), 0);
  const HostSet& set = proxy.core().clusters().Find("users")->hosts();
  EXPECT_EQ(set.hosts[0]->rq_active.load(), static_cast<uint32_t>(kTunnels));

  int answered = 0;
  for (const auto& client : clients) {
    client->Take();
    client->Send(kText);
    if (&client == &clients.back() || ++answered % kAtOnce == 0) proxy.Run();
  }
  answered = 0;
  for (const auto& client : clients) answered += client->received() == kHello;
  EXPECT_EQ(answered, kTunnels);

  clients.clear();
  proxy.Run();
  hosts.clear();
  proxy.Run();
  EXPECT_EQ(proxy.Stat("http.test.downstream_cx_upgrades_active"), 0);
  EXPECT_EQ(set.hosts[0]->rq_active.load(), 0u);
  proxy.world().memory().StopServing(ProxyFixture::HostAddress(0, 0));
}

}  // namespace
}  // namespace sluice
