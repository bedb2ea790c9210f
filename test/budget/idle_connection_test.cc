// What an idle connection keeps of the heap, below HTTP: the connection, its socket, its watch and
// what libevent keeps for it. The kernel's share is not ours to count.
#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <vector>

#include "test/budget/echo.h"

namespace sluice {
namespace {

struct Quiet final : ConnectionHandler {
  void OnBytes(Buffer& in, End) override { in.Clear(); }
  void FillOutput(Buffer&, size_t) override {}
  void OnConnectionClosed(CloseCause) override {}
};

TEST(IdleConnection, KeepsLittle) {
  constexpr size_t kConnections = 200;
  EchoMachine machine;
  const ConnectionLimits limits;
  Quiet handler;
  std::vector<std::unique_ptr<Connection>> connections;
  std::vector<int> peers;
  connections.reserve(2 * kConnections);
  peers.reserve(2 * kConnections);
  const auto open_some = [&] {
    for (size_t i = 0; i < kConnections; ++i) {
      int fds[2];
      ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
      peers.push_back(fds[0]);
      connections.push_back(std::make_unique<Connection>(
          machine.worker, Connection::Side::kAccepted,
          std::make_unique<SocketIoHandle>(machine.poller, fds[1],
                                           Address::FromIp("10.0.0.1", 1).value()),
          nullptr, limits));
      connections.back()->Start(handler);
      ASSERT_EQ(write(fds[0], "x", 1), 1);
    }
    // They have spoken, and are quiet now.
    while (machine.loop.TurnWithoutWaiting()) {
    }
    for (auto& connection : connections) ASSERT_EQ(connection->bytes_read(), 1u);
  };
  open_some();  // tables and pools have grown
  const size_t before = mallinfo2().uordblks;
  open_some();
  const size_t each = (mallinfo2().uordblks - before) / kConnections;
  RecordProperty("bytes", static_cast<int>(each));
  // The sanitizers' allocators do not tell.
  EXPECT_LE(each, 640);
  for (int fd : peers) close(fd);
}

}  // namespace
}  // namespace sluice
