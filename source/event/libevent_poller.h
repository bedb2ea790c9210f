// LibeventPoller: the production Poller, over libevent's epoll backend. One thread, but for Wake.
//
// A turn without due timers costs one epoll_wait and one clock read: deadlines wait in a timerfd
// that is set only when an earlier one comes, and the eventfd behind Wake is edge-triggered, so
// neither is ever read.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "source/event/poller.h"

struct event;
struct event_base;

namespace sluice {

class LibeventPoller final : public Poller {
 public:
  LibeventPoller();
  ~LibeventPoller() override;  // every watch must have ended
  LibeventPoller(const LibeventPoller&) = delete;
  LibeventPoller& operator=(const LibeventPoller&) = delete;

  PollerWatch* Watch(int fd, WatchMode mode, ReadyObserver& observer) override;
  void Unwatch(PollerWatch* watch) override;
  void Wait(std::optional<MonotonicTime> deadline) override;
  size_t Report() override;
  void Wake() override;
  MonotonicTime Now() override;
  WallTime WallNow() override;

 private:
  struct Internal;
  struct Watched;
  static void OnSocketEvent(int fd, short events, void* watch);
  static void OnTimer(int fd, short events, void* poller);
  static void OnWake(int, short, void*) {}
  void SetTimer(MonotonicTime deadline);

  event_base* base_;
  int wake_fd_;
  int timer_fd_;
  std::unique_ptr<Internal> internal_;     // the events of the two
  std::optional<MonotonicTime> timer_at_;  // set and not yet fired
  MonotonicTime now_{};                    // as last read
  std::vector<Watched*> ready_;            // what Wait found; null where the watch has ended since
  // Watches come from chunks and go to a free list: accepting and closing allocates nothing.
  std::vector<std::unique_ptr<Watched[]>> chunks_;
  Watched* free_ = nullptr;
};

}  // namespace sluice
