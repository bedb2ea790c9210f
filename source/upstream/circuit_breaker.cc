#include "source/upstream/circuit_breaker.h"

namespace sluice {

CircuitBreaker::CircuitBreaker(const ClusterSpec& spec) { SetLimits(spec); }

void CircuitBreaker::SetLimits(const ClusterSpec& spec) {
  for (size_t i = 0; i < 2; ++i) {
    const BreakerLimits& limits = spec.settings->breakers[i];
    Line& line = lines_[i];
    const auto set = [&line](BreakerResource resource, uint32_t max) {
      line.max[static_cast<size_t>(resource)].store(max, std::memory_order_relaxed);
    };
    set(BreakerResource::kConnections, limits.connections_max);
    set(BreakerResource::kPendingRequests, limits.pending_requests_max);
    set(BreakerResource::kRequests, limits.requests_max);
    set(BreakerResource::kRetries, limits.retries_max);
    set(BreakerResource::kUpgrades, limits.upgrades_max);
    const RetryBudget budget = limits.retry_budget.value_or(RetryBudget{.percent = -1});
    line.budget_retries_min.store(budget.retries_min, std::memory_order_relaxed);
    line.budget_percent.store(budget.percent, std::memory_order_relaxed);
  }
}

uint32_t CircuitBreaker::Line::RetriesAllowed(double percent) const {
  const auto count = [this](BreakerResource resource) {
    const size_t at = static_cast<size_t>(resource);
    const uint32_t used = in_use[at].load(std::memory_order_relaxed);
    return used - std::min(used, extra[at].load(std::memory_order_relaxed));
  };
  const double requests = count(BreakerResource::kRequests);
  const double allowed = (requests + count(BreakerResource::kPendingRequests)) * percent / 100;
  return std::max(budget_retries_min.load(std::memory_order_relaxed),
                  static_cast<uint32_t>(allowed));
}

}  // namespace sluice
