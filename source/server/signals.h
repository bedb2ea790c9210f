// Signals: SIGTERM, SIGINT and the like as calls on the main thread's loop, by a signalfd: no
// handler runs in any thread's midst.
//
// Made on the main thread before any other thread is started, so that all inherit the blocked
// signals.
#pragma once

#include <functional>

#include "source/event/poller.h"

namespace sluice {

class Signals final : private ReadyObserver {
 public:
  using OnSignal = std::function<void(int signal)>;
  // SIGTERM, SIGINT, SIGUSR1, SIGHUP go to `on_signal`; SIGPIPE is ignored.
  Signals(Poller& poller, OnSignal on_signal);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  void OnReady(Readiness ready) override;
  Poller& poller_;
  OnSignal on_signal_;
  int fd_;
  PollerWatch* watch_;
};

}  // namespace sluice
