#include "test/harness/sim_world.h"

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "source/base/buffer.h"
#include "source/event/timer.h"

namespace sluice {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct Alarm {
  Alarm(EventLoop& loop, std::string& log, std::string word)
      : log(log), word(std::move(word)), timer(loop, this, kMethod<&Alarm::Ring>) {}
  void Ring() { log += word; }
  std::string& log;
  std::string word;
  Timer timer;
};

// Lives as long as the loop that is to delete it.
struct HeldAlarm final : Deferred {
  HeldAlarm(EventLoop& loop, std::string& log) : alarm(loop, log, "x") {}
  Alarm alarm;
};

class SimWorldTest : public ::testing::Test {
 protected:
  const Address kServer = Address::FromIp("10.0.0.1", 80).value();
};

TEST_F(SimWorldTest, TimersOfAllThreadsFireInOrder) {
  SimWorld world({.workers = 2});
  std::string log;
  Alarm a(world.worker(1).loop, log, "a"), b(world.main().loop, log, "b"),
      c(world.worker(0).loop, log, "c");
  a.timer.Arm(hours(1));
  b.timer.Arm(hours(2));
  c.timer.Arm(hours(3));
  world.RunUntilIdle();
  EXPECT_EQ(log, "");
  world.Advance(hours(2));
  EXPECT_EQ(log, "ab");
  const MonotonicTime before = world.now();
  EXPECT_TRUE(world.AdvanceUntil([&] { return log == "abc"; }, hours(24)));
  EXPECT_EQ(world.now() - before, hours(1));
}

TEST_F(SimWorldTest, AQuickThreadIsDoneBeforeThePostReturns) {
  SimWorld world({.workers = 2});
  std::string log;
  world.MakeQuick(0);
  world.worker(0).loop.Post([&] {
    world.worker(0).loop.Post([&] { log += "b"; });  // in a later turn, as ever
    log += "a";
  });
  log += "c";
  world.worker(1).loop.Post([&] { log += "d"; });
  EXPECT_EQ(log, "abc");
  world.RunUntilIdle();
  EXPECT_EQ(log, "abcd");
}

TEST_F(SimWorldTest, WorkersHaveTheirIndexAndPublicationsReachThem) {
  SimWorld world({.workers = 3});
  std::string log;
  world.workers().PostToAll([&log](uint32_t worker) { log += std::to_string(worker); });
  world.RunUntilIdle();
  EXPECT_EQ(log, "012");
  EXPECT_EQ(world.main().index, 3);
}

TEST_F(SimWorldTest, BytesTakeTheirLatency) {
  SimWorld world;
  world.memory().shape(kServer).latency = milliseconds(10);
  std::unique_ptr<MemoryPeer> server;
  world.memory().Serve(kServer, [&](std::unique_ptr<MemoryPeer> peer) {
    server = std::move(peer);
    server->OnActivity([&] { server->Send("re:" + server->Take()); });
  });
  const std::unique_ptr<MemoryPeer> client = world.memory().Dial(kServer);
  client->Send("hi");
  const MonotonicTime start = world.now();
  world.RunUntilIdle();
  EXPECT_EQ(client->received(), "re:hi");
  EXPECT_EQ(world.now() - start, milliseconds(40));  // SYN, SYN-ACK, there and back
}

TEST_F(SimWorldTest, ASlowReaderHoldsUpTheWriter) {
  SimWorld world;
  world.memory().shape(kServer).buffer_bytes = 1000;
  std::unique_ptr<MemoryPeer> server;
  world.memory().Serve(kServer, [&](std::unique_ptr<MemoryPeer> peer) {
    server = std::move(peer);
    server->StopReading();
  });
  const std::unique_ptr<MemoryPeer> client = world.memory().Dial(kServer);
  client->Send(std::string(5000, 'x'));
  world.RunUntilIdle();
  EXPECT_EQ(client->unsent_bytes(), 4000);
  server->ReadOn(500);
  world.RunUntilIdle();
  EXPECT_EQ(client->unsent_bytes(), 3500);
  server->ReadOn();
  world.RunUntilIdle();
  EXPECT_EQ(server->received().size(), 5000);
}

TEST_F(SimWorldTest, SameSeedSameRandomness) {
  SimWorld one({.seed = 5}), same({.seed = 5}), other({.seed = 6});
  const uint64_t first = one.worker().random.Next();
  EXPECT_EQ(same.worker().random.Next(), first);
  EXPECT_NE(other.worker().random.Next(), first);
}

TEST_F(SimWorldTest, ListenersOfOneAddressTakeTurns) {
  SimWorld world({.workers = 2});
  std::unique_ptr<ListenSocket> sockets[2];
  for (uint32_t i : {0, 1}) {
    sockets[i] = world.network().Listen(world.poller(i), kServer, {}).value();
  }
  const std::unique_ptr<MemoryPeer> clients[] = {world.memory().Dial(kServer),
                                                 world.memory().Dial(kServer)};
  world.RunUntilIdle();
  for (const auto& socket : sockets) {
    EXPECT_NE(socket->Accept(), nullptr);
    EXPECT_EQ(socket->Accept(), nullptr);
  }
  EXPECT_FALSE(world.network().Listen(world.poller(), kServer, {.reuse_port = false}).ok());
}

TEST_F(SimWorldTest, ComplainsOfWhatIsLeftOver) {
  std::vector<std::string> left;
  {
    SimWorld world;
    world.IgnoreLeftOvers();
    std::string log;
    Alarm alarm(world.worker().loop, log, "x");
    alarm.timer.Arm(seconds(1));
    const auto socket = world.network().Listen(world.poller(), kServer, {}).value();
    const auto io = world.network().Connect(world.poller(), kServer, {});
    Buffer held(world.worker().slabs);
    held.Append("x");
    left = world.LeftOvers();
  }
  EXPECT_EQ(left, (std::vector<std::string>{"1 open handles", "still listening on 10.0.0.1:80",
                                            "1 armed timers on thread 0",
                                            "1 blocks in use on thread 0"}));
  EXPECT_NONFATAL_FAILURE(
      {
        SimWorld world;
        std::string log;
        auto held = std::make_unique<HeldAlarm>(world.worker().loop, log);
        held->alarm.timer.Arm(seconds(1));
        world.worker().loop.DeleteLater(std::move(held));
      },
      "left over: 1 armed timers");
}

}  // namespace
}  // namespace sluice
