#include "source/event/libevent_poller.h"

#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <thread>

#include "source/event/event_loop.h"
#include "source/event/timer.h"
#include "test/harness/poller_contract.h"

namespace sluice {
namespace {

class SocketPairs {
 public:
  Poller& poller() { return poller_; }
  int OpenPipe() {
    int fds[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    peers_[fds[0]] = fds[1];
    return fds[0];
  }
  void Feed(int fd) { EXPECT_EQ(write(peers_[fd], "x", 1), 1); }
  void Eat(int fd) {
    char bytes[64];
    EXPECT_GT(read(fd, bytes, sizeof(bytes)), 0);
  }
  void End(int fd) { EXPECT_EQ(shutdown(peers_[fd], SHUT_WR), 0); }
  void ClosePipe(int fd) {
    close(peers_[fd]);
    close(fd);
    peers_.erase(fd);
  }

 private:
  LibeventPoller poller_;
  std::map<int, int> peers_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Libevent, PollerContract, SocketPairs);

TEST(LibeventPoller, HundredsOfWatchesAreAllReported) {
  SocketPairs pairs;
  RecordingObserver observer;
  std::vector<std::pair<int, PollerWatch*>> watches;
  for (int i = 0; i < 300; ++i) {
    const int fd = pairs.OpenPipe();
    watches.emplace_back(fd, pairs.poller().Watch(fd, WatchMode::kEdgeReadWrite, observer));
  }
  size_t reported = 0;
  while (reported < watches.size()) {
    pairs.poller().Wait(pairs.poller().Now());
    const size_t n = pairs.poller().Report();
    ASSERT_GT(n, 0);
    reported += n;
  }
  EXPECT_EQ(reported, watches.size());
  for (auto& [fd, watch] : watches) {
    pairs.poller().Unwatch(watch);
    pairs.ClosePipe(fd);
  }
}

TEST(LibeventPoller, PostsAndStopReachALoopThatSleeps) {
  LibeventPoller poller;
  EventLoop loop(poller);
  std::thread::id ran_on;
  std::thread thread([&loop] { loop.Run(); });
  const std::thread::id loop_thread = thread.get_id();
  loop.Post([&] {
    ran_on = std::this_thread::get_id();
    loop.Stop();
  });
  thread.join();
  EXPECT_EQ(ran_on, loop_thread);
}

TEST(LibeventPoller, ThousandsOfPostsFromFourThreadsAllRun) {
  LibeventPoller poller;
  EventLoop loop(poller);
  int ran = 0;
  std::vector<std::thread> posters;
  for (int i = 0; i < 4; ++i) {
    posters.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) {
        loop.Post([&] {
          if (++ran == 4000) loop.Stop();
        });
      }
    });
  }
  loop.Run();
  for (std::thread& poster : posters) poster.join();
  EXPECT_EQ(ran, 4000);
}

}  // namespace
}  // namespace sluice
