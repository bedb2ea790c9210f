#include "source/event/post_queue.h"

#include <utility>

namespace sluice {

PostQueue::~PostQueue() {
  std::vector<absl::AnyInvocable<void()>> dropped;
  do {
    dropped.clear();
    absl::MutexLock lock(&mutex_);
    dropped.swap(queue_);
  } while (!dropped.empty());
}

bool PostQueue::Push(absl::AnyInvocable<void()> work) {
  absl::MutexLock lock(&mutex_);
  queue_.push_back(std::move(work));
  return !pending_.exchange(true, std::memory_order_release);
}

bool PostQueue::RunAll() {
  if (empty()) return false;
  {
    absl::MutexLock lock(&mutex_);
    running_.swap(queue_);
    pending_.store(false, std::memory_order_release);
  }
  // Each is destroyed before the next runs, as it may own what the next one looks at.
  for (absl::AnyInvocable<void()>& work : running_) {
    work();
    work = nullptr;
  }
  running_.clear();
  return true;
}

}  // namespace sluice
