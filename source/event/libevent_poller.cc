#include "source/event/libevent_poller.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>

#include "source/base/check.h"

namespace sluice {

struct LibeventPoller::Watched final : PollerWatch {
  event registration;
  union {
    ReadyObserver* observer;
    Watched* next_free;
  };
  LibeventPoller* poller;
  uint32_t ready_index;
  short ready_events;  // libevent's; not 0: at ready_index of the ready list
};

struct LibeventPoller::Internal {
  event wake;
  event timer;
};

namespace {

constexpr size_t kChunkWatches = 64;

event_base* MakeBase() {
  event_config* config = event_config_new();
  SLUICE_CHECK(config != nullptr);
  // No lock: one thread. No cached time: libevent's own timers are not used. Change list: a socket
  // that is watched and closed within one turn costs no epoll_ctl.
  event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_NO_CACHE_TIME |
                                    EVENT_BASE_FLAG_IGNORE_ENV |
                                    EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
  event_config_require_features(config, EV_FEATURE_ET | EV_FEATURE_EARLY_CLOSE);
  event_base* base = event_base_new_with_config(config);
  event_config_free(config);
  SLUICE_CHECK(base != nullptr);
  return base;
}

void Add(event* registration, event_base* base, int fd, short events,
         void (*call)(int, short, void*), void* argument) {
  SLUICE_CHECK(event_assign(registration, base, fd, events, call, argument) == 0);
  SLUICE_CHECK(event_add(registration, nullptr) == 0);
}

timespec ReadClock(clockid_t clock) {
  timespec now;
  SLUICE_CHECK(clock_gettime(clock, &now) == 0);
  return now;
}

Duration ToDuration(const timespec& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

LibeventPoller::LibeventPoller()
    : base_(MakeBase()),
      wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      timer_fd_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
      internal_(std::make_unique<Internal>()) {
  SLUICE_CHECK(wake_fd_ >= 0 && timer_fd_ >= 0);
  Add(&internal_->wake, base_, wake_fd_, EV_READ | EV_PERSIST | EV_ET, &OnWake, this);
  Add(&internal_->timer, base_, timer_fd_, EV_READ | EV_PERSIST | EV_ET, &OnTimer, this);
}

LibeventPoller::~LibeventPoller() {
  event_del(&internal_->wake);
  event_del(&internal_->timer);
  event_base_free(base_);
  close(wake_fd_);
  close(timer_fd_);
}

PollerWatch* LibeventPoller::Watch(int fd, WatchMode mode, ReadyObserver& observer) {
  if (free_ == nullptr) {
    chunks_.push_back(std::make_unique<Watched[]>(kChunkWatches));
    for (size_t i = kChunkWatches; i-- > 0;) {
      chunks_.back()[i].next_free = free_;
      free_ = &chunks_.back()[i];
    }
  }
  Watched* watch = free_;
  free_ = watch->next_free;
  watch->observer = &observer;
  watch->poller = this;
  watch->ready_events = 0;
  const short events = mode == WatchMode::kLevelRead
                           ? EV_READ | EV_PERSIST
                           : EV_READ | EV_WRITE | EV_CLOSED | EV_PERSIST | EV_ET;
  Add(&watch->registration, base_, fd, events, &OnSocketEvent, watch);
  return watch;
}

void LibeventPoller::Unwatch(PollerWatch* ended) {
  Watched* watch = static_cast<Watched*>(ended);
  event_del(&watch->registration);
  if (watch->ready_events != 0) ready_[watch->ready_index] = nullptr;
  watch->next_free = free_;
  free_ = watch;
}

void LibeventPoller::Wait(std::optional<MonotonicTime> deadline) {
  int flags = EVLOOP_ONCE;
  if (deadline.has_value() && *deadline <= now_) {
    flags = EVLOOP_ONCE | EVLOOP_NONBLOCK;
  } else if (deadline.has_value() && (!timer_at_.has_value() || *deadline < *timer_at_)) {
    // A timer that is set too early, as a deadline has moved since, costs one idle turn. To whole
    // milliseconds: deadlines close together are met in one turn.
    SetTimer(std::chrono::ceil<std::chrono::milliseconds>(*deadline));
  }
  SLUICE_CHECK(event_base_loop(base_, flags) == 0);
}

size_t LibeventPoller::Report() {
  size_t called = 0;
  // By index: observers end watches and start new ones.
  for (size_t i = 0; i < ready_.size(); ++i) {
    Watched* watch = ready_[i];
    if (watch == nullptr) continue;
    const short events = watch->ready_events;
    watch->ready_events = 0;
    ++called;
    watch->observer->OnReady({.readable = (events & (EV_READ | EV_CLOSED)) != 0,
                              .writable = (events & EV_WRITE) != 0,
                              .ended = (events & EV_CLOSED) != 0});
  }
  ready_.clear();
  return called;
}

void LibeventPoller::Wake() {
  const uint64_t one = 1;
  // Fails only when the counter is full, and then the loop is awake.
  while (write(wake_fd_, &one, sizeof(one)) < 0 && errno == EINTR) {
  }
}

MonotonicTime LibeventPoller::Now() {
  now_ = MonotonicTime(ToDuration(ReadClock(CLOCK_MONOTONIC)));
  return now_;
}

WallTime LibeventPoller::WallNow() { return WallTime(ToDuration(ReadClock(CLOCK_REALTIME))); }

void LibeventPoller::OnSocketEvent(int, short events, void* argument) {
  Watched* watch = static_cast<Watched*>(argument);
  std::vector<Watched*>& ready = watch->poller->ready_;
  if (watch->ready_events == 0) {
    watch->ready_index = static_cast<uint32_t>(ready.size());
    ready.push_back(watch);
  }
  watch->ready_events |= events & (EV_READ | EV_WRITE | EV_CLOSED);
}

void LibeventPoller::OnTimer(int, short, void* poller) {
  static_cast<LibeventPoller*>(poller)->timer_at_.reset();
}

void LibeventPoller::SetTimer(MonotonicTime deadline) {
  const Duration at = deadline.time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(at);
  itimerspec when = {};
  when.it_value.tv_sec = seconds.count();
  when.it_value.tv_nsec = (at - seconds).count();
  SLUICE_CHECK(timerfd_settime(timer_fd_, TFD_TIMER_ABSTIME, &when, nullptr) == 0);
  timer_at_ = deadline;
}

}  // namespace sluice
