#include "source/upstream/circuit_breaker.h"

namespace sluice {

CircuitBreaker::CircuitBreaker(const ClusterSpec& spec) {
  for (size_t i = 0; i < 2; ++i) {
    const BreakerLimits& limits = spec.breakers[i];
    uint32_t* max = lines_[i].max;
    lines_[i].retry_budget = limits.retry_budget;
    max[static_cast<size_t>(BreakerResource::kConnections)] = limits.connections_max;
    max[static_cast<size_t>(BreakerResource::kPendingRequests)] = limits.pending_requests_max;
    max[static_cast<size_t>(BreakerResource::kRequests)] = limits.requests_max;
    max[static_cast<size_t>(BreakerResource::kRetries)] = limits.retries_max;
    max[static_cast<size_t>(BreakerResource::kUpgrades)] = limits.upgrades_max;
  }
}

uint32_t CircuitBreaker::Line::RetriesAllowed() const {
  const auto count = [this](BreakerResource resource) {
    const size_t at = static_cast<size_t>(resource);
    const uint32_t used = in_use[at].load(std::memory_order_relaxed);
    return used - std::min(used, extra[at].load(std::memory_order_relaxed));
  };
  const double requests = count(BreakerResource::kRequests);
  const double allowed =
      (requests + count(BreakerResource::kPendingRequests)) * retry_budget->percent / 100;
  return std::max(retry_budget->retries_min, static_cast<uint32_t>(allowed));
}

}  // namespace sluice
