// Host: one endpoint of a cluster: its address and the few numbers all workers share about it.
//
// Shared object (shared_ptr): host sets, pools and attempts on all workers hold it. The atomics are
// relaxed counts on one cache line; everything else is const.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "source/net/address.h"

namespace sluice {

enum class HostHealth : uint8_t { kHealthy, kDegraded, kUnhealthy };

struct Locality {
  std::string region, zone, sub_zone;
  friend bool operator==(const Locality&, const Locality&) = default;
};

struct HostFacts {
  Address address;
  std::string hostname;  // as configured or resolved from
  uint32_t weight = 1;
  uint32_t priority = 0;
  Locality locality;
  friend bool operator==(const HostFacts&, const HostFacts&) = default;
};

class Host {
 public:
  explicit Host(HostFacts facts, HostHealth health = HostHealth::kHealthy)
      : health(health), facts_(std::move(facts)) {}
  const HostFacts& facts() const { return facts_; }
  const Address& address() const { return facts_.address; }

  std::atomic<HostHealth> health;
  // Per-host statistics as /clusters shows them.
  alignas(64) std::atomic<uint32_t> rq_active{0};
  std::atomic<uint32_t> cx_active{0};
  std::atomic<uint64_t> rq_total{0}, rq_success{0}, rq_error{0}, rq_timeout{0}, cx_total{0},
      cx_connect_fail{0};

 private:
  const HostFacts facts_;
};

}  // namespace sluice
