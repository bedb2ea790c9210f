// What a message through Connection may cost in steady state: no heap allocation, one read, one
// write.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <string>

#include "test/budget/echo.h"
#include "test/harness/alloc_counter.h"

namespace sluice {
namespace {

TEST(ConnectionBudget, AMessageAllocatesNothing) {
  EchoMachine machine;
  Echo echo(machine);
  char message[20000];
  for (size_t bytes : {1, 64, 1000, 16000, 20000}) {
    const auto round_trip = [&] {
      ASSERT_EQ(send(echo.peer_fd(), message, bytes, 0), static_cast<ssize_t>(bytes));
      while (machine.loop.TurnWithoutWaiting()) {
      }
      ASSERT_EQ(recv(echo.peer_fd(), message, bytes, MSG_WAITALL), static_cast<ssize_t>(bytes));
    };
    for (int i = 0; i < 10; ++i) round_trip();  // pools and vectors have grown
    const AllocCounter counter;
    for (int i = 0; i < 100; ++i) round_trip();
    EXPECT_EQ(counter.count(), 0) << bytes;
  }
}

TEST(ConnectionBudget, AWatchComesFromAPool) {
  EchoMachine machine;
  struct Observer final : ReadyObserver {
    void OnReady(Readiness) override {}
  } observer;
  int fds[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
  const auto churn = [&] {
    PollerWatch* watch = machine.poller.Watch(fds[0], WatchMode::kEdgeReadWrite, observer);
    machine.loop.TurnWithoutWaiting();
    machine.poller.Unwatch(watch);
    machine.loop.TurnWithoutWaiting();
  };
  churn();
  const AllocCounter counter;
  for (int i = 0; i < 100; ++i) churn();
  EXPECT_EQ(counter.count(), 0);
  close(fds[0]);
  close(fds[1]);
}

}  // namespace
}  // namespace sluice
