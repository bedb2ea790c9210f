// SimPoller: the Poller of simulated worlds, with epoll's behaviour as poller_contract.h states it.
// Waiting is jumping: when nothing is ready, Wait moves the clock to the deadline. One thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "source/event/poller.h"
#include "test/harness/sim_clock.h"

namespace sluice {

// What the simulated world has behind a descriptor.
class SimSource {
 public:
  virtual bool readable() const = 0;
  virtual bool writable() const = 0;
  virtual bool ended() const = 0;  // the peer has ended its side; readable, too

 protected:
  ~SimSource() = default;
};

class SimPoller final : public Poller {
 public:
  explicit SimPoller(SimClock& clock);
  ~SimPoller() override;

  // A descriptor for `source`, until Close.
  int Open(const SimSource& source);
  void Close(int fd);
  // Something has happened at `fd`: it is reported by the next Wait, as it is then.
  void Notify(int fd);

  PollerWatch* Watch(int fd, WatchMode mode, ReadyObserver& observer) override;
  void Unwatch(PollerWatch* watch) override;
  void Wait(std::optional<MonotonicTime> deadline) override;
  size_t Report() override;
  void Wake() override {
    woken_ = true;
    if (on_wake_) on_wake_();
  }
  MonotonicTime Now() override { return clock_.now(); }
  WallTime WallNow() override { return clock_.wall_now(); }

  // Called whenever another loop, or its own, has something for this one.
  void OnWake(std::function<void()> on_wake) { on_wake_ = std::move(on_wake); }

  // Whether Wait would return at once.
  bool ready() const;
  size_t watch_count() const { return watches_.size(); }

 private:
  struct Watched;
  SimClock& clock_;
  std::map<int, const SimSource*> sources_;
  std::map<int, std::unique_ptr<Watched>> watches_;
  std::vector<int> notified_;    // in order of what happened
  std::vector<Watched*> found_;  // by the last Wait; null where the watch has ended since
  int next_fd_ = 1000000;        // no real descriptor is meant
  bool woken_ = false;
  std::function<void()> on_wake_;
};

}  // namespace sluice
