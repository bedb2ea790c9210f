// LoadBalancer: picks a host of one HostSet. Extension point. One per worker and cluster, remade or
// told when the host set changes; holds cheap cursor state only.
#pragma once

#include <cstdint>
#include <memory>

#include "source/base/random.h"
#include "source/upstream/host_set.h"

namespace sluice {

struct PickContext {
  Random& random;
  uint64_t hash = 0;  // of the request, for hashing balancers
};

class LoadBalancer {
 public:
  virtual ~LoadBalancer() = default;
  // Null: no eligible host. Allocates nothing.
  virtual Host* Pick(const PickContext& context) = 0;
  virtual void SetHosts(std::shared_ptr<const HostSet> hosts) = 0;
};

}  // namespace sluice
