#include "source/upstream/worker_upstreams.h"

#include "source/base/check.h"
#include "source/upstream/worker_cluster.h"

namespace sluice {

WorkerUpstreams::WorkerUpstreams(WorkerSet& workers, std::vector<Side> sides)
    : workers_(workers), sides_(std::move(sides)) {
  SLUICE_CHECK(sides_.size() == workers.size());
}

void WorkerUpstreams::SetCluster(std::shared_ptr<const ClusterSpec> spec,
                                 std::shared_ptr<CircuitBreaker> breaker,
                                 std::shared_ptr<OutlierMonitor> outliers,
                                 std::shared_ptr<const HostSet> hosts) {
  for (uint32_t worker = 0; worker < workers_.size(); ++worker) {
    workers_.loop(worker).Post([side = sides_[worker], spec, breaker, outliers, hosts] {
      WorkerCluster* const known = side.clusters.Find(spec->name);
      if (known != nullptr && &known->breaker() == breaker.get()) {
        known->Update(spec, outliers);
      } else {
        side.clusters.Set(
            std::make_unique<WorkerCluster>(side.context, side.network, spec, breaker, outliers));
      }
      side.clusters.SetHosts(spec->name, hosts);
    });
  }
}

void WorkerUpstreams::SetHosts(absl::string_view cluster, std::shared_ptr<const HostSet> hosts) {
  for (uint32_t worker = 0; worker < workers_.size(); ++worker) {
    workers_.loop(worker).Post([side = sides_[worker], name = std::string(cluster), hosts] {
      side.clusters.SetHosts(name, hosts);
    });
  }
}

void WorkerUpstreams::RemoveCluster(absl::string_view cluster) {
  for (uint32_t worker = 0; worker < workers_.size(); ++worker) {
    workers_.loop(worker).Post(
        [side = sides_[worker], name = std::string(cluster)] { side.clusters.Remove(name); });
  }
}

}  // namespace sluice
