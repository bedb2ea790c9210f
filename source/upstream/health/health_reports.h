// HealthReports: how a worker tells the main thread that an answer of a host has asked for it to be
// counted out (x-envoy-immediate-health-check-fail). One for all hosts of a cluster's name: the
// Cluster hangs it on them before any worker sees them, and one that takes the place of another has
// it from that.
#pragma once

#include <atomic>

#include "source/event/event_loop.h"
#include "source/upstream/host.h"

namespace sluice {

class HealthChecker;

struct HealthReports {
  explicit HealthReports(EventLoop& main) : main(main) {}
  // Main thread; null: nobody asks them.
  void Set(HealthChecker* now) const {
    checker = now;
    wanted = now != nullptr;
  }
  EventLoop& main;
  mutable HealthChecker* checker = nullptr;  // on main only
  mutable std::atomic<bool> wanted{false};   // hosts are checked
};

// On any worker. Nothing happens where nobody checks the host's health.
void CountOut(Host& host);

}  // namespace sluice
