#include "source/event/post_queue.h"

#include <algorithm>
#include <utility>

namespace sluice {

PostQueue::~PostQueue() {
  std::vector<absl::AnyInvocable<void()>> dropped = std::move(running_);
  do {
    dropped.clear();
    absl::MutexLock lock(&mutex_);
    dropped.swap(queue_);
  } while (!dropped.empty());
}

void PostQueue::Push(absl::AnyInvocable<void()> work) {
  absl::MutexLock lock(&mutex_);
  queue_.push_back(std::move(work));
  pending_.store(true, std::memory_order_release);
}

bool PostQueue::WantsWake() {
  absl::MutexLock lock(&mutex_);
  return !queue_.empty() && !std::exchange(woken_, true);
}

bool PostQueue::Run(size_t count_max) {
  if (empty()) return false;
  if (next_ == running_.size()) {
    running_.clear();
    next_ = 0;
    absl::MutexLock lock(&mutex_);
    running_.swap(queue_);
    woken_ = false;
    pending_.store(false, std::memory_order_release);
  }
  const size_t end = std::min(running_.size(), next_ + count_max);
  while (next_ < end) {
    // Destroyed before the next one runs, as it may own what that one looks at.
    absl::AnyInvocable<void()> work = std::move(running_[next_++]);
    work();
  }
  return true;
}

}  // namespace sluice
