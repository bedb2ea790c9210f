// LoadBalancer: picks a host of one HostSet. Extension point. One per worker and cluster, told when
// the host set changes; holds cheap cursor state only: what takes long to work out is in the set.
#pragma once

#include <cstdint>
#include <memory>

#include "source/base/key_values.h"
#include "source/base/random.h"
#include "source/base/units.h"
#include "source/upstream/host_set.h"

namespace sluice {

// What a pick was like, for statistics.
struct PickNotes {
  bool panic = false;  // from a priority in panic
  LoadGroup::Zone zone = LoadGroup::Zone::kNone;
  // Whether its hosts may be picked.
  bool Take(const LoadGroup& group) {
    panic = group.panic;
    zone = group.zone;
    return !group.fails;
  }
  // Of a cluster with subsets: which one was asked.
  enum class Subset : uint8_t { kNone, kItsOwn, kFallback, kPanic } subset = Subset::kNone;
};

struct PickContext {
  Random& random;
  uint64_t hash = 0;  // of the request, for hashing balancers; random where it has none
  MonotonicTime now{};
  // Requests that the cluster's hosts are answering, over all workers.
  uint32_t requests_active = 0;
  const MetadataMatch* metadata = nullptr;  // that the host is to have; null: any
  mutable PickNotes notes = {};             // Pick's
};

class LoadBalancer {
 public:
  virtual ~LoadBalancer() = default;
  // Null: nobody may be picked. Allocates nothing.
  virtual Host* Pick(const PickContext& context) = 0;
  virtual void SetHosts(std::shared_ptr<const HostSet> hosts) = 0;
};

}  // namespace sluice
