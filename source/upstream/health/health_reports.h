// HealthReports: how a worker tells the main thread that an answer of a host has asked for it to be
// counted out (x-envoy-immediate-health-check-fail). One for all hosts of a HealthChecker, which
// hangs it on them before any worker sees them.
#pragma once

#include "source/event/event_loop.h"
#include "source/upstream/host.h"

namespace sluice {

class HealthChecker;

struct HealthReports {
  EventLoop& main;
  mutable HealthChecker* checker;  // on main only; null: it is gone
};

// On any worker. Nothing happens where nobody checks the host's health.
void CountOut(Host& host);

}  // namespace sluice
