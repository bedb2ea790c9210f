#include "source/upstream/health/health_reports.h"

#include "source/upstream/health/health_checker.h"

namespace sluice {

void CountOut(Host& host) {
  if (host.health_reports == nullptr) return;
  if (host.flags().Has(HostFlag::kExcludedByImmediateFailure)) return;
  if (!host.health_reports->wanted.load(std::memory_order_relaxed)) return;
  host.health_reports->main.Post([host = host.shared_from_this()] {
    HealthChecker* const checker = host->health_reports->checker;
    if (checker != nullptr) checker->CountOut(*host);
  });
}

}  // namespace sluice
