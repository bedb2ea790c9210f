#include "test/harness/sim_poller.h"

#include <algorithm>

#include "source/base/check.h"

namespace sluice {

struct SimPoller::Watched final : PollerWatch {
  int fd;
  WatchMode mode;
  ReadyObserver* observer;
  Readiness ready;
};

SimPoller::SimPoller(SimClock& clock) : clock_(clock) {}
SimPoller::~SimPoller() = default;

int SimPoller::Open(const SimSource& source) {
  sources_[next_fd_] = &source;
  return next_fd_++;
}

void SimPoller::Close(int fd) {
  SLUICE_CHECK(watches_.find(fd) == watches_.end());  // Unwatch comes first
  SLUICE_CHECK(sources_.erase(fd) == 1);
  notified_.erase(std::remove(notified_.begin(), notified_.end(), fd), notified_.end());
}

void SimPoller::Notify(int fd) {
  if (watches_.find(fd) == watches_.end()) return;
  if (std::find(notified_.begin(), notified_.end(), fd) == notified_.end()) notified_.push_back(fd);
}

PollerWatch* SimPoller::Watch(int fd, WatchMode mode, ReadyObserver& observer) {
  SLUICE_CHECK(sources_.find(fd) != sources_.end());
  std::unique_ptr<Watched>& watch = watches_[fd];
  SLUICE_CHECK(watch == nullptr);
  watch = std::make_unique<Watched>();
  watch->fd = fd;
  watch->mode = mode;
  watch->observer = &observer;
  Notify(fd);  // what is ready already is reported once
  return watch.get();
}

void SimPoller::Unwatch(PollerWatch* ended) {
  Watched* watch = static_cast<Watched*>(ended);
  std::replace(found_.begin(), found_.end(), watch, static_cast<Watched*>(nullptr));
  notified_.erase(std::remove(notified_.begin(), notified_.end(), watch->fd), notified_.end());
  watches_.erase(watch->fd);
}

bool SimPoller::ready() const {
  if (woken_) return true;
  return std::any_of(notified_.begin(), notified_.end(), [this](int fd) {
    const SimSource& source = *sources_.at(fd);
    const bool edge = watches_.at(fd)->mode == WatchMode::kEdgeReadWrite;
    return source.readable() || (edge && source.writable());
  });
}

void SimPoller::Wait(std::optional<MonotonicTime> deadline) {
  if (!ready()) {
    SLUICE_CHECK(deadline.has_value());  // nobody would ever end this wait
    clock_.MoveTo(*deadline);
  }
  woken_ = false;
  std::vector<int> still_ready;
  for (int fd : notified_) {
    Watched& watch = *watches_.at(fd);
    const bool edge = watch.mode == WatchMode::kEdgeReadWrite;
    const SimSource& source = *sources_.at(fd);
    watch.ready = {.readable = source.readable(),
                   .writable = edge && source.writable(),
                   .ended = edge && source.ended()};
    if (!watch.ready.readable && !watch.ready.writable) continue;
    found_.push_back(&watch);
    if (!edge) still_ready.push_back(fd);
  }
  notified_ = std::move(still_ready);
}

size_t SimPoller::Report() {
  size_t called = 0;
  for (size_t i = 0; i < found_.size(); ++i) {
    if (found_[i] == nullptr) continue;
    ++called;
    found_[i]->observer->OnReady(found_[i]->ready);
  }
  found_.clear();
  return called;
}

}  // namespace sluice
