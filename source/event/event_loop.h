// EventLoop: one worker's turns. A turn is: wait for I/O and report it; run due timers; run what
// other threads posted; run end-of-turn tasks (output flushes) until none is left; delete what was
// put aside. Time stands still within a turn.
//
// One thread runs it and calls everything but Post and Stop.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "source/base/intrusive_list.h"
#include "source/base/units.h"
#include "source/event/poller.h"
#include "source/event/post_queue.h"
#include "source/event/timer_queue.h"

namespace sluice {

// Work for the end of the current turn; queued at most once at a time, runs once per queueing.
class EndOfTurnTask : public ListNode<EndOfTurnTask> {
 public:
  virtual void RunEndOfTurn() = 0;

 protected:
  ~EndOfTurnTask() = default;
};

// Something whose deletion waits for the end of the turn, when no caller's frame refers to it any
// more.
class Deferred {
 public:
  virtual ~Deferred() = default;
};

class EventLoop {
 public:
  explicit EventLoop(Poller& poller);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  MonotonicTime now() const { return now_; }
  // Read from the system once a turn at most, on demand.
  WallTime wall_now();

  void Run();   // turns until Stop
  void Turn();  // one turn: waits at most for the next timer
  // A turn that does not wait. True if anything ran.
  bool TurnWithoutWaiting();
  void Stop();  // any thread; Run returns after the current turn

  // Any thread: runs `work` on the loop's thread in a coming turn, in order of posting. A turn runs
  // a few dozen of what waits, and the next one goes on: connections are looked at in between.
  void Post(absl::AnyInvocable<void()> work);
  // Any thread: as Post, but a loop that waits may wait on until WakeForPosts. For many in a row,
  // each of which would wake it anew.
  void PostQuietly(absl::AnyInvocable<void()> work);
  void WakeForPosts();

  void AtEndOfTurn(EndOfTurnTask& task) {
    if (!task.linked()) end_of_turn_.PushBack(task);
  }
  void DeleteLater(std::unique_ptr<Deferred> object);

  TimerQueue& timers() { return timers_; }
  Poller& poller() { return poller_; }

 private:
  // What follows the wait; true if anything ran.
  bool RunWork();
  bool FinishTurn();
  Poller& poller_;
  TimerQueue timers_;
  PostQueue posts_;
  IntrusiveList<EndOfTurnTask, EndOfTurnTask> end_of_turn_;
  std::vector<std::unique_ptr<Deferred>> to_delete_;
  std::vector<std::unique_ptr<Deferred>> deleting_;  // kept for its capacity
  MonotonicTime now_;
  WallTime wall_now_{};
  bool wall_known_ = false;
  std::atomic<bool> stopping_{false};
};

}  // namespace sluice
