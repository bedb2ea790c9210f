// PostQueue: work that other threads hand to a loop. The one place of a loop with a lock; taken
// only by posters and, when there is something, by the loop.
#pragma once

#include <atomic>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"

namespace sluice {

class PostQueue {
 public:
  PostQueue() = default;
  // What has not run is dropped; what that holds may post here as it goes, and is dropped, too.
  ~PostQueue();
  // Any thread. WantsWake is to follow, by and by.
  void Push(absl::AnyInvocable<void()> work);
  // Any thread. True, once for what is queued now: the caller wakes the loop.
  bool WantsWake();
  // The loop: runs what was queued when it was called, in order, up to `count_max` of it; what is
  // left comes first the next time. True if anything ran.
  bool Run(size_t count_max);
  // The loop: whether there is nothing to run.
  bool empty() const {
    return next_ == running_.size() && !pending_.load(std::memory_order_acquire);
  }

 private:
  absl::Mutex mutex_;
  std::vector<absl::AnyInvocable<void()>> queue_ ABSL_GUARDED_BY(mutex_);
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;       // for what is in it
  std::vector<absl::AnyInvocable<void()>> running_;  // the loop's; kept for its capacity
  size_t next_ = 0;                                  // of them; those before have run
  std::atomic<bool> pending_{false};
};

}  // namespace sluice
