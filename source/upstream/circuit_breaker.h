// CircuitBreaker: how much of a cluster is in use over all workers, and whether more may be.
//
// Shared by all workers: relaxed atomics, those of one priority side by side. Those who ask with
// TryAcquire never hold more than the limit together; Acquire goes past it knowingly. Each
// acquisition has one Release.
//
// Tunnels are in use like everything else, and raise the limit by what they use: a thousand
// WebSockets leave as much room for requests as none. Their own limit is kUpgrades: from the time
// when the host is asked for an upgrade until the tunnel ends, or is refused. Where there is a
// retry budget it is the limit of retries, and moves with the number of requests.
//
// One for all the life of a cluster's name: what is in use stays in use when the limits change.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "source/base/units.h"
#include "source/upstream/cluster_spec.h"

namespace sluice {

enum class BreakerResource : uint8_t {
  kConnections,
  kPendingRequests,
  kRequests,
  kRetries,
  kUpgrades,
  kCount
};

class CircuitBreaker {
 public:
  explicit CircuitBreaker(const ClusterSpec& spec);
  CircuitBreaker(const CircuitBreaker&) = delete;
  CircuitBreaker& operator=(const CircuitBreaker&) = delete;

  // Main thread. What is in use beyond a lower limit ends by itself.
  void SetLimits(const ClusterSpec& spec);

  bool TryAcquire(RoutePriority priority, BreakerResource resource) {
    Line& line = lines_[static_cast<size_t>(priority)];
    const size_t at = static_cast<size_t>(resource);
    if (line.in_use[at].fetch_add(1, std::memory_order_relaxed) < line.limit(at)) return true;
    line.in_use[at].fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  void Acquire(RoutePriority priority, BreakerResource resource) {
    Of(priority, resource).fetch_add(1, std::memory_order_relaxed);
  }
  void Release(RoutePriority priority, BreakerResource resource, uint32_t count = 1) {
    Of(priority, resource).fetch_sub(count, std::memory_order_relaxed);
  }

  // `own_connection`: it has one for itself.
  void AddTunnel(RoutePriority priority, bool own_connection) {
    Line& line = lines_[static_cast<size_t>(priority)];
    line.Extra(BreakerResource::kRequests).fetch_add(1, std::memory_order_relaxed);
    if (own_connection)
      line.Extra(BreakerResource::kConnections).fetch_add(1, std::memory_order_relaxed);
  }
  void RemoveTunnel(RoutePriority priority, bool own_connection) {
    Line& line = lines_[static_cast<size_t>(priority)];
    line.Extra(BreakerResource::kRequests).fetch_sub(1, std::memory_order_relaxed);
    if (own_connection)
      line.Extra(BreakerResource::kConnections).fetch_sub(1, std::memory_order_relaxed);
  }

  uint32_t in_use(RoutePriority priority, BreakerResource resource) const {
    return lines_[static_cast<size_t>(priority)].in_use[static_cast<size_t>(resource)].load(
        std::memory_order_relaxed);
  }
  uint32_t limit(RoutePriority priority, BreakerResource resource) const {
    return lines_[static_cast<size_t>(priority)].limit(static_cast<size_t>(resource));
  }
  bool open(RoutePriority priority, BreakerResource resource) const {
    return in_use(priority, resource) >= limit(priority, resource);
  }
  uint32_t remaining(RoutePriority priority, BreakerResource resource) const {
    const uint32_t used = in_use(priority, resource), max = limit(priority, resource);
    return used >= max ? 0 : max - used;
  }

 private:
  static constexpr size_t kResources = static_cast<size_t>(BreakerResource::kCount);
  struct Line {
    std::atomic<uint32_t> in_use[kResources] = {};
    std::atomic<uint32_t> extra[kResources] = {};  // by tunnels
    std::atomic<uint32_t> max[kResources] = {};
    std::atomic<double> budget_percent{-1};  // less than 0: there is no retry budget
    std::atomic<uint32_t> budget_retries_min{0};
    uint32_t RetriesAllowed(double percent) const;
    // As configured, and what tunnels add; it may be "no limit" already.
    uint32_t limit(size_t at) const {
      if (at == static_cast<size_t>(BreakerResource::kRetries)) {
        const double percent = budget_percent.load(std::memory_order_relaxed);
        if (percent >= 0) return RetriesAllowed(percent);
      }
      const uint64_t sum = uint64_t{max[at].load(std::memory_order_relaxed)} +
                           extra[at].load(std::memory_order_relaxed);
      return static_cast<uint32_t>(std::min<uint64_t>(sum, UINT32_MAX));
    }
    std::atomic<uint32_t>& Extra(BreakerResource resource) {
      return extra[static_cast<size_t>(resource)];
    }
  };
  std::atomic<uint32_t>& Of(RoutePriority priority, BreakerResource resource) {
    return lines_[static_cast<size_t>(priority)].in_use[static_cast<size_t>(resource)];
  }
  // On cache lines of its own.
  alignas(64) Line lines_[2];
};

}  // namespace sluice
