// ConnectionFilters: runs the network filters of one connection, in order, and keeps for each what
// it has not yet let pass. On the connection's worker.
//
// A filter sees every byte once more only if it has kept it (kPause); bytes that have passed the
// last filter are never shown to one again.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "source/base/buffer.h"
#include "source/net/network_filter.h"

namespace sluice {

class ConnectionFilters {
 public:
  // What paused filters may keep; beyond it the connection is closed.
  static constexpr size_t kHeldBytesMax = 256 * 1024;

  enum class Outcome : uint8_t { kOpen, kClose };

  explicit ConnectionFilters(SlabPool& slabs) : arrived_(slabs) {}

  void Add(std::unique_ptr<NetworkFilter> filter);

  Outcome OnNewConnection();
  // Where the connection's reads go.
  Buffer& arrived() { return arrived_; }
  // Shows the filters what has arrived; what has passed all of them goes to the end of `passed`.
  // `end` is the connection's: it has passed when ended() says so.
  Outcome Run(End end, Buffer& passed);
  bool ended() const { return ended_; }

 private:
  struct Slot {
    std::unique_ptr<NetworkFilter> filter;  // null: detached
    Buffer held;
    bool told_end = false;
  };
  std::vector<Slot> slots_;
  Buffer arrived_;
  bool ended_ = false;
};

}  // namespace sluice
