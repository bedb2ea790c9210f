// OutlierMonitor: what the workers tell about the hosts of one cluster: counted at once on the
// host, and, when a run of failures has become too long, told to the main thread in a task.
//
// Shared by all workers and the main thread. What it tells goes to nobody once its detector is
// gone.
#pragma once

#include <cstdint>
#include <memory>

#include "source/event/event_loop.h"
#include "source/upstream/host.h"
#include "source/upstream/outlier/outlier_settings.h"

namespace sluice {

class OutlierDetector;

class OutlierMonitor final : public std::enable_shared_from_this<OutlierMonitor> {
 public:
  OutlierMonitor(const OutlierSettings& settings, EventLoop& main)
      : settings_(settings), main_(main) {}

  // Workers. A response of the host, by its HTTP status.
  void OnStatus(Host& host, uint32_t status);
  // There is a connection to it.
  void OnConnected(Host& host);
  // As the above, where nothing will be said of what it carries.
  void OnTunnelConnected(Host& host);
  // It could not be reached, or broke off.
  void OnBroken(Host& host) { OnLocalOrigin(host, 503); }
  void OnTimeout(Host& host) { OnLocalOrigin(host, 504); }

  const OutlierSettings& settings() const { return settings_; }
  // Main thread; null: nobody listens any more.
  void SetDetector(OutlierDetector* detector) { detector_ = detector; }

 private:
  void OnLocalOrigin(Host& host, uint32_t status);
  void Tell(Host& host, EjectionType type);

  const OutlierSettings settings_;
  EventLoop& main_;
  OutlierDetector* detector_ = nullptr;  // on main only
};

}  // namespace sluice
