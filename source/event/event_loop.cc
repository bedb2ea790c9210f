#include "source/event/event_loop.h"

#include <optional>
#include <utility>

namespace sluice {
namespace {

// What others have handed over in one turn: a change of ten thousand things must not keep what
// connections wait for.
constexpr size_t kPostsMax = 32;

}  // namespace

EventLoop::EventLoop(Poller& poller) : poller_(poller), now_(poller.Now()) {}

EventLoop::~EventLoop() {
  // What is deleted may put more aside, and still finds timers and poller here.
  while (!to_delete_.empty()) std::vector<std::unique_ptr<Deferred>>().swap(to_delete_);
}

WallTime EventLoop::wall_now() {
  if (!wall_known_) {
    wall_now_ = poller_.WallNow();
    wall_known_ = true;
  }
  return wall_now_;
}

void EventLoop::Run() {
  while (!stopping_.load(std::memory_order_relaxed)) Turn();
  stopping_.store(false, std::memory_order_relaxed);
}

void EventLoop::Turn() {
  const bool waiting_work = !posts_.empty() || !end_of_turn_.empty() || !to_delete_.empty();
  poller_.Wait(waiting_work ? now_ : timers_.NextWake());
  RunWork();
}

bool EventLoop::TurnWithoutWaiting() {
  poller_.Wait(now_);
  return RunWork();
}

void EventLoop::Stop() {
  stopping_.store(true, std::memory_order_relaxed);
  poller_.Wake();
}

void EventLoop::Post(absl::AnyInvocable<void()> work) {
  PostQuietly(std::move(work));
  WakeForPosts();
}

void EventLoop::PostQuietly(absl::AnyInvocable<void()> work) { posts_.Push(std::move(work)); }

void EventLoop::WakeForPosts() {
  if (posts_.WantsWake()) poller_.Wake();
}

void EventLoop::DeleteLater(std::unique_ptr<Deferred> object) {
  to_delete_.push_back(std::move(object));
}

bool EventLoop::RunWork() {
  now_ = poller_.Now();
  wall_known_ = false;
  bool ran = poller_.Report() > 0;
  ran |= timers_.RunDue(now_) > 0;
  ran |= posts_.Run(kPostsMax);
  ran |= FinishTurn();
  return ran;
}

// Flushes and deletions beget each other: a flush ends a connection, the end of a connection wakes
// a writer. Both are empty when the loop waits again.
bool EventLoop::FinishTurn() {
  bool ran = false;
  for (;;) {
    while (!end_of_turn_.empty()) {
      ran = true;
      end_of_turn_.PopFront().RunEndOfTurn();
    }
    if (to_delete_.empty()) return ran;
    ran = true;
    deleting_.swap(to_delete_);
    deleting_.clear();
  }
}

}  // namespace sluice
