#include "source/upstream/outlier/outlier_monitor.h"

#include "source/upstream/outlier/outlier_detector.h"

namespace sluice {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

// True for the one that makes the run long enough.
bool Prolong(std::atomic<uint32_t>& run, uint32_t length) {
  return run.fetch_add(1, kRelaxed) + 1 == length;
}

// Without a write where there is nothing to change: hosts that answer well share their line.
void EndRun(std::atomic<uint32_t>& run) {
  if (run.load(kRelaxed) != 0) run.store(0, kRelaxed);
}

}  // namespace

void OutlierMonitor::OnStatus(Host& host, uint32_t status) {
  HostOutcomes& outcomes = host.outcomes;
  outcomes.external.Count(status < 500);
  if (status < 500) {
    EndRun(outcomes.failures_5xx);
    return EndRun(outcomes.failures_gateway);
  }
  if (status >= 502 && status <= 504) {
    if (Prolong(outcomes.failures_gateway, settings_.consecutive_gateway_failure))
      Tell(host, EjectionType::kConsecutiveGatewayFailure);
  } else {
    EndRun(outcomes.failures_gateway);
  }
  if (Prolong(outcomes.failures_5xx, settings_.consecutive_5xx))
    Tell(host, EjectionType::kConsecutive5xx);
}

void OutlierMonitor::OnConnected(Host& host) {
  if (!settings_.split_local_origin) return;
  host.outcomes.local.Count(true);
  EndRun(host.outcomes.failures_local);
}

void OutlierMonitor::OnTunnelConnected(Host& host) {
  if (settings_.split_local_origin) return OnConnected(host);
  OnStatus(host, 200);
}

void OutlierMonitor::OnLocalOrigin(Host& host, uint32_t status) {
  if (!settings_.split_local_origin) return OnStatus(host, status);
  host.outcomes.local.Count(false);
  if (Prolong(host.outcomes.failures_local, settings_.consecutive_local_origin_failure))
    Tell(host, EjectionType::kConsecutiveLocalOriginFailure);
}

void OutlierMonitor::Tell(Host& host, EjectionType type) {
  main_.Post([monitor = shared_from_this(), host = host.shared_from_this(), type] {
    if (monitor->detector_ != nullptr) monitor->detector_->OnRun(*host, type);
  });
}

}  // namespace sluice
