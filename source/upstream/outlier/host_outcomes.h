// HostOutcomes: how a host has answered of late: what all workers count, and the main thread judges
// by. Relaxed atomics; a part of Host.
#pragma once

#include <atomic>
#include <cstdint>

namespace sluice {

struct HostOutcomes {
  // In a row, up to now.
  std::atomic<uint32_t> failures_5xx{0}, failures_gateway{0}, failures_local{0};
  // In this interval.
  struct Rate {
    std::atomic<uint32_t> total{0}, success{0};
    void Count(bool is_success) {
      total.fetch_add(1, std::memory_order_relaxed);
      if (is_success) success.fetch_add(1, std::memory_order_relaxed);
    }
  };
  Rate external, local;

  void ForgetRuns() {
    for (auto* run : {&failures_5xx, &failures_gateway, &failures_local})
      run->store(0, std::memory_order_relaxed);
  }
};

}  // namespace sluice
