// PollerContract: what every Poller promises, as one test suite. A poller's test instantiates it
// with a fixture type that makes the poller and byte pipes in its world:
//
//   Poller& poller();
//   int OpenPipe();               a descriptor that is writable and not yet readable
//   void Feed(int fd);            one more byte to read
//   void Eat(int fd);             reads all there is
//   void End(int fd);             the peer ends its side
//   void ClosePipe(int fd);
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "source/event/poller.h"

namespace sluice {

// Writes down what it is told, a word of "r", "w" and "e" per call.
struct RecordingObserver final : ReadyObserver {
  void OnReady(Readiness ready) override {
    calls += std::string(calls.empty() ? "" : " ") + (ready.readable ? "r" : "") +
             (ready.writable ? "w" : "") + (ready.ended ? "e" : "");
    if (then) then();
  }
  std::string Take() {
    std::string taken;
    taken.swap(calls);
    return taken;
  }
  std::string calls;
  std::function<void()> then;
};

template <class World>
class PollerContract : public ::testing::Test {
 protected:
  Poller& poller() { return world_.poller(); }
  // A turn that does not wait, as EventLoop makes it.
  size_t Poll() {
    poller().Wait(poller().Now());
    poller().Now();
    return poller().Report();
  }
  World world_;
};

TYPED_TEST_SUITE_P(PollerContract);

TYPED_TEST_P(PollerContract, ReportsWhatIsReadyAtTheStartOnce) {
  const int fd = this->world_.OpenPipe();
  RecordingObserver observer;
  PollerWatch* watch = this->poller().Watch(fd, WatchMode::kEdgeReadWrite, observer);
  EXPECT_EQ(this->Poll(), 1);
  EXPECT_EQ(observer.Take(), "w");
  EXPECT_EQ(this->Poll(), 0);
  this->poller().Unwatch(watch);
  this->world_.ClosePipe(fd);
}

TYPED_TEST_P(PollerContract, AnEdgeIsReportedOncePerArrival) {
  const int fd = this->world_.OpenPipe();
  RecordingObserver observer;
  PollerWatch* watch = this->poller().Watch(fd, WatchMode::kEdgeReadWrite, observer);
  this->Poll();
  observer.Take();
  this->world_.Feed(fd);
  this->Poll();
  EXPECT_EQ(observer.Take(), "rw");  // as it is, not only what has changed
  EXPECT_EQ(this->Poll(), 0);        // unread, and yet no new edge
  this->world_.Feed(fd);
  this->Poll();
  EXPECT_EQ(observer.Take(), "rw");
  this->world_.Eat(fd);
  EXPECT_EQ(this->Poll(), 0);
  this->poller().Unwatch(watch);
  this->world_.ClosePipe(fd);
}

TYPED_TEST_P(PollerContract, AnEndIsToldApartFromBytesEvenWithThem) {
  const int fd = this->world_.OpenPipe();
  RecordingObserver observer;
  PollerWatch* watch = this->poller().Watch(fd, WatchMode::kEdgeReadWrite, observer);
  this->Poll();
  observer.Take();
  this->world_.Feed(fd);
  this->world_.End(fd);
  EXPECT_EQ(this->Poll(), 1);
  EXPECT_EQ(observer.Take(), "rwe");
  EXPECT_EQ(this->Poll(), 0);
  this->poller().Unwatch(watch);
  this->world_.ClosePipe(fd);
}

TYPED_TEST_P(PollerContract, ALevelIsReportedUntilItIsGone) {
  const int fd = this->world_.OpenPipe();
  RecordingObserver observer;
  PollerWatch* watch = this->poller().Watch(fd, WatchMode::kLevelRead, observer);
  EXPECT_EQ(this->Poll(), 0);
  this->world_.Feed(fd);
  EXPECT_EQ(this->Poll(), 1);
  EXPECT_EQ(this->Poll(), 1);
  EXPECT_EQ(observer.Take(), "r r");
  this->world_.Eat(fd);
  EXPECT_EQ(this->Poll(), 0);
  this->poller().Unwatch(watch);
  this->world_.ClosePipe(fd);
}

TYPED_TEST_P(PollerContract, ObserversAreCalledByReportOnly) {
  const int fd = this->world_.OpenPipe();
  RecordingObserver observer;
  PollerWatch* watch = this->poller().Watch(fd, WatchMode::kEdgeReadWrite, observer);
  this->poller().Wait(this->poller().Now());
  EXPECT_EQ(observer.Take(), "");
  EXPECT_EQ(this->poller().Report(), 1);
  EXPECT_EQ(this->poller().Report(), 0);
  this->poller().Unwatch(watch);
  this->world_.ClosePipe(fd);
}

TYPED_TEST_P(PollerContract, NothingIsCalledAfterUnwatch) {
  const int fds[] = {this->world_.OpenPipe(), this->world_.OpenPipe()};
  RecordingObserver observers[2];
  PollerWatch* watches[2];
  for (int i = 0; i < 2; ++i) {
    watches[i] = this->poller().Watch(fds[i], WatchMode::kEdgeReadWrite, observers[i]);
    // Whoever is told first ends the other's watch.
    observers[i].then = [&, i] {
      this->poller().Unwatch(watches[1 - i]);
      this->world_.ClosePipe(fds[1 - i]);
    };
  }
  EXPECT_EQ(this->Poll(), 1);
  const int told = observers[0].calls.empty() ? 1 : 0;
  EXPECT_EQ(observers[1 - told].Take(), "");
  this->poller().Unwatch(watches[told]);
  this->world_.ClosePipe(fds[told]);
}

TYPED_TEST_P(PollerContract, AWatchMayEndItselfAndAnotherBegin) {
  const int first = this->world_.OpenPipe();
  RecordingObserver one, two;
  PollerWatch* watch = this->poller().Watch(first, WatchMode::kEdgeReadWrite, one);
  int second = -1;
  one.then = [&] {
    this->poller().Unwatch(watch);
    this->world_.ClosePipe(first);
    second = this->world_.OpenPipe();
    watch = this->poller().Watch(second, WatchMode::kEdgeReadWrite, two);
  };
  EXPECT_EQ(this->Poll(), 1);
  EXPECT_EQ(two.Take(), "");  // found by the next wait, not by this report
  EXPECT_EQ(this->Poll(), 1);
  EXPECT_EQ(two.Take(), "w");
  this->poller().Unwatch(watch);
  this->world_.ClosePipe(second);
}

TYPED_TEST_P(PollerContract, ADescriptorNumberMayBeUsedAgain) {
  RecordingObserver observer;
  for (int i = 0; i < 3; ++i) {
    const int fd = this->world_.OpenPipe();
    PollerWatch* watch = this->poller().Watch(fd, WatchMode::kEdgeReadWrite, observer);
    EXPECT_EQ(this->Poll(), 1);
    EXPECT_EQ(observer.Take(), "w");
    this->poller().Unwatch(watch);
    this->world_.ClosePipe(fd);
    const int again = this->world_.OpenPipe();
    watch = this->poller().Watch(again, WatchMode::kEdgeReadWrite, observer);
    this->world_.Feed(again);
    EXPECT_EQ(this->Poll(), 1);
    EXPECT_EQ(observer.Take(), "rw");
    this->poller().Unwatch(watch);
    this->world_.ClosePipe(again);
  }
}

TYPED_TEST_P(PollerContract, WakeEndsTheNextWait) {
  this->poller().Wake();
  this->poller().Wait(std::nullopt);
  EXPECT_EQ(this->poller().Report(), 0);
  this->poller().Wake();
  this->poller().Wake();
  this->poller().Wait(std::nullopt);
  EXPECT_EQ(this->poller().Report(), 0);
}

TYPED_TEST_P(PollerContract, WaitEndsAtTheDeadline) {
  const MonotonicTime start = this->poller().Now();
  for (int i = 1; i <= 3; ++i) {
    const MonotonicTime deadline = start + i * std::chrono::milliseconds(2);
    while (this->poller().Now() < deadline) {
      this->poller().Wait(deadline);  // may return early, but makes progress
      EXPECT_EQ(this->poller().Report(), 0);
    }
  }
  // An earlier deadline after a later one that was never reached.
  const MonotonicTime now = this->poller().Now();
  this->poller().Wake();
  this->poller().Wait(now + std::chrono::hours(1));
  this->poller().Report();
  while (this->poller().Now() < now + std::chrono::milliseconds(2)) {
    this->poller().Wait(now + std::chrono::milliseconds(2));
    this->poller().Report();
  }
  EXPECT_LT(this->poller().Now(), now + std::chrono::minutes(30));
}

TYPED_TEST_P(PollerContract, BothClocksMove) {
  const MonotonicTime now = this->poller().Now();
  const WallTime wall = this->poller().WallNow();
  while (this->poller().Now() < now + std::chrono::milliseconds(2)) {
    this->poller().Wait(now + std::chrono::milliseconds(2));
    this->poller().Report();
  }
  EXPECT_GE(this->poller().WallNow() - wall, std::chrono::milliseconds(1));
}

REGISTER_TYPED_TEST_SUITE_P(PollerContract, ReportsWhatIsReadyAtTheStartOnce,
                            AnEdgeIsReportedOncePerArrival, AnEndIsToldApartFromBytesEvenWithThem,
                            ALevelIsReportedUntilItIsGone, ObserversAreCalledByReportOnly,
                            NothingIsCalledAfterUnwatch, AWatchMayEndItselfAndAnotherBegin,
                            ADescriptorNumberMayBeUsedAgain, WakeEndsTheNextWait,
                            WaitEndsAtTheDeadline, BothClocksMove);

}  // namespace sluice
