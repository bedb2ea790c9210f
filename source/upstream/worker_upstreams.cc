#include "source/upstream/worker_upstreams.h"

#include "source/base/check.h"
#include "source/upstream/worker_cluster.h"

namespace sluice {

WorkerUpstreams::WorkerUpstreams(WorkerSet& workers, std::vector<Side> sides)
    : workers_(workers), sides_(std::make_shared<std::vector<Side>>(std::move(sides))) {
  SLUICE_CHECK(sides_->size() == workers.size());
}

void WorkerUpstreams::SetCluster(std::shared_ptr<const ClusterSpec> spec,
                                 std::shared_ptr<CircuitBreaker> breaker) {
  workers_.PostToAll([sides = sides_, spec, breaker](uint32_t worker) {
    const Side& side = (*sides)[worker];
    side.clusters.Set(std::make_unique<WorkerCluster>(side.context, side.network, spec, breaker));
  });
}

void WorkerUpstreams::SetHosts(absl::string_view cluster, std::shared_ptr<const HostSet> hosts) {
  workers_.PostToAll([sides = sides_, name = std::string(cluster), hosts](uint32_t worker) {
    WorkerCluster* const found = (*sides)[worker].clusters.Find(name);
    if (found != nullptr) found->SetHosts(hosts);
  });
}

void WorkerUpstreams::RemoveCluster(absl::string_view cluster) {
  workers_.PostToAll([sides = sides_, name = std::string(cluster)](uint32_t worker) {
    (*sides)[worker].clusters.Remove(name);
  });
}

}  // namespace sluice
