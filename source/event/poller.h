// Poller: the only thing that waits. libevent in production, a simulated one in tests; both are held
// to test/harness/poller_contract.h. Belongs to one EventLoop, on its thread.
#pragma once

#include <cstdint>
#include <optional>

#include "source/base/units.h"

namespace sluice {

// Told of readiness. Edge-triggered: told once per change; reads or writes until it meets a short
// count or "again". Spurious calls happen and must be harmless.
class ReadyObserver {
 public:
  virtual void OnReady(bool readable, bool writable) = 0;

 protected:
  ~ReadyObserver() = default;
};

// A registration; destroying it ends it, nothing is called after.
class PollerWatch {
 public:
  virtual ~PollerWatch() = default;
};

enum class WatchMode : uint8_t {
  kEdgeReadWrite,  // sockets with a Connection
  kLevelRead,      // listening sockets
};

class Poller {
 public:
  virtual ~Poller() = default;
  // Memory for one watch comes from the poller. `fd` means what the poller's world says it means.
  virtual PollerWatch* Watch(int fd, WatchMode mode, ReadyObserver& observer) = 0;
  virtual void Unwatch(PollerWatch* watch) = 0;
  // Waits for readiness, until `deadline` (none: for ever), or Wake; reports to observers.
  virtual void Wait(std::optional<MonotonicTime> deadline) = 0;
  // Makes Wait return, now or the next time. The only method for other threads.
  virtual void Wake() = 0;
  virtual MonotonicTime Now() = 0;
  virtual WallTime WallNow() = 0;
};

}  // namespace sluice
