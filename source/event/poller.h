// Poller: the only thing that waits. libevent in production, a simulated one in tests; both are
// held to test/harness/poller_contract.h. Belongs to one EventLoop, on its thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "source/base/units.h"

namespace sluice {

struct Readiness {
  bool readable = false;
  bool writable = false;
  // The peer has ended its side: a read may meet bytes and, behind them, the end of the stream. One
  // edge may stand for both, so a short count then does not mean that nothing follows. A reset may
  // come without this.
  bool ended = false;
};

// Told of readiness. Edge-triggered: told once per change; reads or writes until it meets a short
// count or "again". Spurious calls happen and must be harmless.
class ReadyObserver {
 public:
  virtual void OnReady(Readiness ready) = 0;

 protected:
  ~ReadyObserver() = default;
};

// A registration: each poller derives its own.
class PollerWatch {
 protected:
  ~PollerWatch() = default;
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
  // Before `fd` is closed. The observer is not called again, not even for what Wait has found
  // already.
  virtual void Unwatch(PollerWatch* watch) = 0;
  // Waits for readiness, until `deadline` (none: for ever), or Wake; keeps what it found. May
  // return early without a reason. Apart from Report so that the loop reads the clock between the
  // two.
  virtual void Wait(std::optional<MonotonicTime> deadline) = 0;
  // Tells the observers what the last Wait found; returns how many it called.
  virtual size_t Report() = 0;
  // Makes Wait return, now or the next time. The only method for other threads.
  virtual void Wake() = 0;
  virtual MonotonicTime Now() = 0;
  virtual WallTime WallNow() = 0;
};

}  // namespace sluice
