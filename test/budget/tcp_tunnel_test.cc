// What a tunnel of the TCP proxy costs: nothing from the heap for each message, and little of it
// while nothing moves.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "source/proxy/tcp_proxy.h"
#include "source/upstream/host_connection.h"
#include "test/harness/alloc_counter.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

// Runs the world; counts what the worker allocates, and not what the ends of the test do.
uint64_t AllocationsOfWorker(ProxyFixture& proxy) {
  uint64_t count = 0;
  for (bool ran = true; ran;) {
    ran = proxy.world().memory().Pump();
    ran |= proxy.world().main().loop.TurnWithoutWaiting();
    const AllocCounter counter;
    ran |= proxy.world().worker().loop.TurnWithoutWaiting();
    count += counter.count();
  }
  return count;
}

TEST(TcpTunnelBudget, AMessageAllocatesNothing) {
  ProxyFixture proxy("", {.tcp = "cluster: users", .log = ""});
  std::unique_ptr<MemoryPeer> host;
  const Address at = ProxyFixture::HostAddress(0, 0);
  proxy.world().memory().Serve(
      at, [&host](std::unique_ptr<MemoryPeer> peer) { host = std::move(peer); });
  auto client = proxy.world().memory().Dial(proxy.listener_address());
  proxy.Run();
  ASSERT_NE(host, nullptr);
  for (const size_t bytes : {1, 1000, 60000}) {
    const std::string message(bytes, 'x');
    const auto round_trip = [&] {
      client->Send(message);
      uint64_t count = AllocationsOfWorker(proxy);
      EXPECT_EQ(host->Take(), message);
      host->Send(message);
      count += AllocationsOfWorker(proxy);
      EXPECT_EQ(client->Take(), message);
      return count;
    };
    for (int i = 0; i < 10; ++i) round_trip();  // pools have grown
    uint64_t count = 0;
    for (int i = 0; i < 10; ++i) count += round_trip();
    EXPECT_EQ(count, 0u) << bytes;
  }
  proxy.world().memory().StopServing(at);
}

// Of both connections, beside their sockets and what the poller keeps for those.
TEST(TcpTunnelBudget, AnIdleTunnelIsSmall) {
  EXPECT_LE(sizeof(TcpProxy) + sizeof(HostConnection), 1152u);
}

}  // namespace
}  // namespace sluice
