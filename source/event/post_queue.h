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
  // Any thread. True if the queue was empty before: the caller wakes the loop.
  bool Push(absl::AnyInvocable<void()> work);
  // The loop: runs everything that was queued when it was called, in order; true if anything ran.
  bool RunAll();
  bool empty() const { return !pending_.load(std::memory_order_acquire); }

 private:
  absl::Mutex mutex_;
  std::vector<absl::AnyInvocable<void()>> queue_ ABSL_GUARDED_BY(mutex_);
  std::vector<absl::AnyInvocable<void()>> running_;  // the loop's; kept for its capacity
  std::atomic<bool> pending_{false};
};

}  // namespace sluice
