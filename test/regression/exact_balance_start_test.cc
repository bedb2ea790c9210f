// With exact_balance the first worker accepted while the others had no listener yet, and what it
// placed on one of them was closed.
#include <memory>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

TEST(ExactBalanceStartRegression, WhoConnectsAsTheListenerStartsIsServed) {
  const Address listener = *Address::FromIp("10.9.9.9", 80);
  std::vector<std::unique_ptr<MemoryPeer>> early;
  bool started = false;
  // Two clients try until they get through, and worker 0 is there before main goes on.
  const auto connect = [&](SimWorld& world) {
    if (started || (!early.empty() && !early[0]->refused())) return;
    early.clear();
    for (int i = 0; i < 2; ++i) early.push_back(world.memory().Dial(listener));
  };
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.workers = 2,
                      .listener = "enable_reuse_port: false\n"
                                  "connection_balance_config: { exact_balance: {} }\n",
                      .before_start = [&](ProxyFixture& fixture) {
                        SimWorld& world = fixture.world();
                        world.RunUntilIdle();  // what is posted already would hide the next post
                        world.MakeQuick(0, [&] { connect(world); });
                      }});
  started = true;
  const std::vector<std::unique_ptr<MemoryPeer>> clients = std::move(early);
  proxy.Host(H1Answer::Of(200, "hi"));
  EXPECT_EQ(clients.size(), 2u);
  for (const auto& client : clients) {
    EXPECT_FALSE(client->refused());
    client->Send("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    proxy.Run();
    EXPECT_TRUE(absl::StartsWith(client->received(), "HTTP/1.1 200"));
  }
}

}  // namespace
}  // namespace sluice
