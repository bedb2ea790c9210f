#include "source/event/event_loop.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>

#include "source/event/post_queue.h"
#include "source/event/timer.h"
#include "source/event/worker_local.h"
#include "source/event/worker_set.h"
#include "test/harness/sim_poller.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A socket that is always ready and does what it is told to when that is reported.
struct Socket final : SimSource, ReadyObserver {
  bool readable() const override { return true; }
  bool writable() const override { return false; }
  bool ended() const override { return false; }
  void OnReady(Readiness) override { on_ready(); }
  std::function<void()> on_ready;
};

struct Task final : EndOfTurnTask {
  void RunEndOfTurn() override { run(); }
  std::function<void()> run;
};

struct Dying final : Deferred {
  explicit Dying(std::function<void()> last_words) : last_words(std::move(last_words)) {}
  ~Dying() override { last_words(); }
  std::function<void()> last_words;
};

struct Alarm {
  Alarm(EventLoop& loop, std::function<void()> call)
      : call(std::move(call)), timer(loop, this, kMethod<&Alarm::Ring>) {}
  void Ring() { call(); }
  std::function<void()> call;
  Timer timer;
};

class EventLoopTest : public ::testing::Test {
 protected:
  std::function<void()> Say(const std::string& word) {
    return [this, word] { log_ += (log_.empty() ? "" : " ") + word; };
  }
  SimClock clock_;
  SimPoller poller_{clock_};
  EventLoop loop_{poller_};
  std::string log_;
};

TEST_F(EventLoopTest, ATurnHasItsOrder) {
  Socket socket;
  const int fd = poller_.Open(socket);
  Task flush;
  Alarm alarm(loop_, Say("timer"));
  alarm.timer.Arm(milliseconds(0));
  flush.run = Say("flush");
  socket.on_ready = [&] {
    Say("io")();
    loop_.AtEndOfTurn(flush);
    loop_.DeleteLater(std::make_unique<Dying>(Say("delete")));
    loop_.Post(Say("post"));
  };
  PollerWatch* watch = poller_.Watch(fd, WatchMode::kEdgeReadWrite, socket);
  loop_.Turn();
  EXPECT_EQ(log_, "io timer post flush delete");
  poller_.Unwatch(watch);
  poller_.Close(fd);
}

TEST_F(EventLoopTest, TimeStandsStillWithinATurn) {
  Alarm alarm(loop_, [&] {
    const MonotonicTime before = loop_.now();
    const WallTime wall = loop_.wall_now();
    clock_.MoveTo(clock_.now() + seconds(5));
    EXPECT_EQ(loop_.now(), before);
    EXPECT_EQ(loop_.wall_now(), wall);
    log_ = "checked";
  });
  const MonotonicTime start = loop_.now();
  alarm.timer.Arm(seconds(1));
  loop_.Turn();
  EXPECT_EQ(log_, "checked");
  EXPECT_EQ(loop_.now(), start + seconds(1));
  const WallTime wall = loop_.wall_now();
  loop_.TurnWithoutWaiting();
  EXPECT_EQ(loop_.now(), start + seconds(6));
  EXPECT_EQ(loop_.wall_now() - wall, seconds(5));
}

TEST_F(EventLoopTest, ObserversSeeTheTimeAfterTheWait) {
  Socket socket;
  const int fd = poller_.Open(socket);
  PollerWatch* watch = poller_.Watch(fd, WatchMode::kEdgeReadWrite, socket);
  clock_.MoveTo(clock_.now() + seconds(3));
  socket.on_ready = [&] { EXPECT_EQ(loop_.now(), clock_.now()); };
  EXPECT_TRUE(loop_.TurnWithoutWaiting());
  poller_.Unwatch(watch);
  poller_.Close(fd);
}

TEST_F(EventLoopTest, ATurnWithNothingToDoSaysSo) {
  EXPECT_FALSE(loop_.TurnWithoutWaiting());
  loop_.Post(Say("post"));
  EXPECT_TRUE(loop_.TurnWithoutWaiting());
  EXPECT_FALSE(loop_.TurnWithoutWaiting());
}

TEST_F(EventLoopTest, ATimerFiresOnceAndNotWhenDisarmedOrDestroyed) {
  Alarm once(loop_, Say("once"));
  Alarm disarmed(loop_, Say("disarmed"));
  auto destroyed = std::make_unique<Alarm>(loop_, Say("destroyed"));
  once.timer.Arm(seconds(1));
  disarmed.timer.Arm(seconds(1));
  destroyed->timer.Arm(seconds(1));
  disarmed.timer.Disarm();
  destroyed.reset();
  clock_.MoveTo(clock_.now() + seconds(10));
  loop_.TurnWithoutWaiting();
  loop_.TurnWithoutWaiting();
  EXPECT_EQ(log_, "once");
  EXPECT_FALSE(once.timer.armed());
}

TEST_F(EventLoopTest, PostsRunInOrderAndThoseOfAPostInTheNextTurn) {
  loop_.Post([&] {
    Say("a")();
    loop_.Post(Say("c"));
  });
  loop_.Post(Say("b"));
  loop_.TurnWithoutWaiting();
  EXPECT_EQ(log_, "a b");
  loop_.Turn();  // does not wait: there is work
  EXPECT_EQ(log_, "a b c");
}

TEST(PostQueueWake, AQuietPostWaitsUntilSomebodyWakesTheLoop) {
  PostQueue queue;
  queue.Push([] {});
  queue.Push([] {});
  EXPECT_TRUE(queue.WantsWake());
  EXPECT_FALSE(queue.WantsWake());
  queue.Push([] {});
  EXPECT_FALSE(queue.WantsWake());  // it is awake and has not looked yet
  EXPECT_TRUE(queue.Run(2));
  EXPECT_FALSE(queue.WantsWake());
  EXPECT_TRUE(queue.Run(2));
  EXPECT_FALSE(queue.Run(2));
  queue.Push([] {});
  EXPECT_TRUE(queue.WantsWake());
}

TEST_F(EventLoopTest, ManyPostsDoNotKeepSocketsWaiting) {
  Socket socket;
  const int fd = poller_.Open(socket);
  PollerWatch* watch = poller_.Watch(fd, WatchMode::kEdgeReadWrite, socket);
  int ran = 0, most_between = 0, since = 0;
  socket.on_ready = [&] {
    since = 0;
    poller_.Unwatch(watch);
    watch = poller_.Watch(fd, WatchMode::kEdgeReadWrite, socket);  // it is ready again
  };
  for (int i = 0; i < 1000; ++i) {
    loop_.Post([&, i] {
      EXPECT_EQ(ran++, i);
      most_between = std::max(most_between, ++since);
      if (i < 3) loop_.Post([&, at = 1000 + i] { EXPECT_EQ(ran++, at); });
    });
  }
  while (ran < 1003) loop_.Turn();  // does not wait: there is work
  EXPECT_LE(most_between, 100);
  poller_.Unwatch(watch);
  poller_.Close(fd);
}

TEST_F(EventLoopTest, EndOfTurnGoesOnUntilNothingIsLeft) {
  Task first, second;
  second.run = Say("second");
  int again = 2;
  first.run = [&] {
    Say("first")();
    loop_.AtEndOfTurn(second);
    if (--again > 0) loop_.AtEndOfTurn(first);
  };
  loop_.AtEndOfTurn(first);
  loop_.AtEndOfTurn(first);  // queued once
  loop_.Turn();              // does not wait: there is work
  EXPECT_EQ(log_, "first second first second");
}

TEST_F(EventLoopTest, DeletionsMayFlushAndDeleteMore) {
  Task flush;
  flush.run = Say("flush");
  loop_.DeleteLater(std::make_unique<Dying>([&] {
    Say("one")();
    loop_.AtEndOfTurn(flush);
    loop_.DeleteLater(std::make_unique<Dying>(Say("two")));
  }));
  loop_.Turn();
  EXPECT_EQ(log_, "one flush two");
}

TEST_F(EventLoopTest, ATaskThatDiesIsNotRun) {
  auto task = std::make_unique<Task>();
  task->run = Say("dead");
  loop_.AtEndOfTurn(*task);
  task.reset();
  loop_.TurnWithoutWaiting();
  EXPECT_EQ(log_, "");
}

TEST_F(EventLoopTest, StopEndsRunAfterTheTurnAndItMayRunAgain) {
  loop_.Post([&] {
    loop_.Stop();
    Say("stopping")();
  });
  loop_.Post(Say("same turn"));
  loop_.Run();
  EXPECT_EQ(log_, "stopping same turn");
  loop_.Post([&] { loop_.Stop(); });
  loop_.Run();
}

TEST_F(EventLoopTest, TheLoopDeletesWhatWasPutAsideWhenItDies) {
  std::string log;
  {
    EventLoop loop(poller_);
    loop.DeleteLater(std::make_unique<Dying>([&] {
      log += "outer ";
      loop.DeleteLater(std::make_unique<Dying>([&] { log += "inner"; }));
    }));
  }
  EXPECT_EQ(log, "outer inner");
}

TEST_F(EventLoopTest, APublishedSnapshotReachesEachWorkerAtItsNextTurn) {
  SimPoller other_poller(clock_);
  EventLoop other(other_poller);
  WorkerSet workers({&loop_, &other});
  auto old_value = std::make_shared<const std::string>("old");
  WorkerLocal<std::string> value(workers, old_value);
  value.Publish(std::make_shared<const std::string>("new"));
  EXPECT_EQ(value.Get(0), "old");
  loop_.TurnWithoutWaiting();
  EXPECT_EQ(value.Get(0), "new");
  EXPECT_EQ(value.Get(1), "old");
  const std::shared_ptr<const std::string> pin = value.Pin(1);
  other.TurnWithoutWaiting();
  EXPECT_EQ(value.Get(1), "new");
  EXPECT_EQ(*pin, "old");
}

TEST_F(EventLoopTest, APublicationMayOutliveItsPublisher) {
  WorkerSet workers({&loop_});
  auto value = std::make_unique<WorkerLocal<int>>(workers, std::make_shared<const int>(1));
  value->Publish(std::make_shared<const int>(2));
  value.reset();
  EXPECT_TRUE(loop_.TurnWithoutWaiting());
}

// Under ASan it tells: the queue grew while it was taken down.
TEST(PostQueueEnd, WhatADroppedCallHoldsMayPostAsItGoes) {
  auto queue = std::make_unique<PostQueue>();
  int gone = 0;
  struct Poster {
    Poster(PostQueue& to, int& count) : queue(to), gone(count) {}
    ~Poster() {
      for (int i = 0; i < 100; ++i) queue.Push([&count = gone] { ++count; });
      ++gone;
    }
    PostQueue& queue;
    int& gone;
  };
  auto poster = std::make_shared<Poster>(*queue, gone);
  queue->Push([poster] {});
  poster.reset();
  queue.reset();
  EXPECT_EQ(gone, 1);
}

}  // namespace
}  // namespace sluice
