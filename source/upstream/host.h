// Host: one endpoint of a cluster: its address and the few numbers all workers share about it.
//
// Shared object (shared_ptr): host sets, pools and attempts on all workers hold it. The atomics are
// relaxed counts that lie together, amid what is this host's alone; everything else is const.
#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "source/base/units.h"
#include "source/net/address.h"
#include "source/upstream/health/probe_place.h"
#include "source/upstream/host_transport.h"
#include "source/upstream/named_addresses.h"
#include "source/upstream/outlier/host_outcomes.h"
#include "source/upstream/shared_value.h"

namespace sluice {

enum class HostHealth : uint8_t { kHealthy, kDegraded, kUnhealthy };

// Why a host is less than healthy: Envoy's health_flags, and after them what an operator said.
enum class HostFlag : uint8_t {
  kFailedActiveCheck,
  kFailedPassiveCheck,
  kFailedByDiscovery,
  kDegradedByActiveCheck,
  kDegradedByDiscovery,
  kPendingRemoval,
  kPendingActiveCheck,
  kExcludedByImmediateFailure,
  kActiveCheckTimeout,
  kDrainingByDiscovery,
  kDrainingByOperator,
  kMaintenanceByOperator,
};
constexpr int kHostFlags = 12;

// A set of them.
class HostFlags {
 public:
  constexpr HostFlags() = default;
  constexpr HostFlags(std::initializer_list<HostFlag> flags) {
    for (const HostFlag flag : flags) bits_ |= BitOf(flag);
  }
  constexpr bool Has(HostFlag flag) const { return (bits_ & BitOf(flag)) != 0; }
  constexpr HostFlags With(HostFlag flag, bool is_set = true) const {
    HostFlags copy = *this;
    copy.bits_ = is_set ? copy.bits_ | BitOf(flag) : copy.bits_ & ~BitOf(flag);
    return copy;
  }
  constexpr bool empty() const { return bits_ == 0; }
  friend constexpr bool operator==(HostFlags, HostFlags) = default;

 private:
  static constexpr uint16_t BitOf(HostFlag flag) {
    return static_cast<uint16_t>(1u << static_cast<unsigned>(flag));
  }
  uint16_t bits_ = 0;
};

// What a balancer makes of them: a host that is only waiting or only degraded is not ill.
constexpr HostHealth HealthOf(HostFlags flags) {
  constexpr HostFlag kIll[] = {
      HostFlag::kFailedActiveCheck,  HostFlag::kFailedPassiveCheck,
      HostFlag::kFailedByDiscovery,  HostFlag::kDrainingByDiscovery,
      HostFlag::kDrainingByOperator, HostFlag::kMaintenanceByOperator,
  };
  for (const HostFlag flag : kIll) {
    if (flags.Has(flag)) return HostHealth::kUnhealthy;
  }
  const bool degraded =
      flags.Has(HostFlag::kDegradedByActiveCheck) || flags.Has(HostFlag::kDegradedByDiscovery);
  return degraded ? HostHealth::kDegraded : HostHealth::kHealthy;
}

// What an operator wants of a host. kUp: nothing any more.
enum class HostOrder : uint8_t { kUp, kDrain, kMaintenance };

// What makes it this host and no other. What may change while it stays is in EndpointTraits.
struct HostFacts {
  Address address;
  std::string hostname;  // as configured or resolved from
  ProbePlaceRef probe;
  // All of its addresses, `address` first, in the order to be tried; null: it has but that.
  SharedValue<std::vector<Address>> addresses = {};
  TransportLabelsRef transport_labels = {};
  friend bool operator==(const HostFacts&, const HostFacts&) = default;
};

struct HealthReports;

class Host : public std::enable_shared_from_this<Host> {
 public:
  explicit Host(HostFacts facts, HostFlags flags = {}) : flags_(flags), facts_(std::move(facts)) {}
  const HostFacts& facts() const { return facts_; }
  const Address& address() const { return facts_.address; }
  // In the order to be tried; at least one.
  absl::Span<const Address> addresses() const {
    const std::vector<Address>* const several = facts_.addresses.get();
    return several == nullptr ? absl::MakeConstSpan(&facts_.address, 1)
                              : absl::MakeConstSpan(*several);
  }

  // Written on main; workers go by the HostSet they were given, not by these.
  HostFlags flags() const { return flags_.load(std::memory_order_relaxed); }
  void SetFlag(HostFlag flag, bool is_set) {
    flags_.store(flags().With(flag, is_set), std::memory_order_relaxed);
  }
  HostHealth health() const { return HealthOf(flags()); }

  // To whom workers say that it asks to be counted out; null: nobody checks its health. Const once
  // workers see the host.
  std::shared_ptr<const HealthReports> health_reports;

  // Of a logical host: where it is now, as its EndpointTraits say; null: at its own address. On
  // main only.
  std::shared_ptr<const NamedAddresses> moved_to;
  absl::Span<const Address> addresses_now() const {
    return moved_to == nullptr ? addresses() : absl::MakeConstSpan(moved_to->addresses);
  }
  const Address& address_now() const { return addresses_now().front(); }

  // Since when it has been fit for traffic, for slow start. On main only.
  MonotonicTime fit_since = MonotonicTime::min();

  // Per-host statistics as /clusters shows them.
  std::atomic<uint32_t> rq_active{0};
  std::atomic<uint32_t> cx_active{0};
  // What peak EWMA balancing remembers of its answers (balancers/latency.h). Beside rq_active: the
  // two are read together.
  std::atomic<uint64_t> latency{0};
  std::atomic<uint64_t> rq_total{0}, rq_success{0}, rq_error{0}, rq_timeout{0}, cx_total{0},
      cx_connect_fail{0};
  HostOutcomes outcomes;  // for outlier detection

 private:
  std::atomic<HostFlags> flags_;
  const HostFacts facts_;
};

}  // namespace sluice
