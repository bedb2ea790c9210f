#include "source/upstream/circuit_breaker.h"

namespace sluice {

CircuitBreaker::CircuitBreaker(const ClusterSpec& spec) {
  for (size_t i = 0; i < 2; ++i) {
    const BreakerLimits& limits = spec.breakers[i];
    uint32_t* max = lines_[i].max;
    max[static_cast<size_t>(BreakerResource::kConnections)] = limits.connections_max;
    max[static_cast<size_t>(BreakerResource::kPendingRequests)] = limits.pending_requests_max;
    max[static_cast<size_t>(BreakerResource::kRequests)] = limits.requests_max;
    max[static_cast<size_t>(BreakerResource::kRetries)] = limits.retries_max;
    max[static_cast<size_t>(BreakerResource::kUpgrades)] = limits.upgrades_max;
  }
}

}  // namespace sluice
