#include "source/upstream/worker_upstreams.h"

#include "source/base/check.h"

namespace sluice {

WorkerUpstreams::WorkerUpstreams(EventLoop& main, WorkerSet& workers, std::vector<Side> sides)
    : main_(main), workers_(workers), sides_(std::move(sides)) {
  SLUICE_CHECK(sides_.size() == workers.size());
}

void WorkerUpstreams::SetCluster(std::shared_ptr<const ClusterSpec> spec,
                                 std::shared_ptr<CircuitBreaker> breaker,
                                 std::shared_ptr<OutlierMonitor> outliers,
                                 std::shared_ptr<const HostSet> hosts) {
  PostToAll([&](const Side& side) {
    return [side, spec, breaker, outliers, hosts] {
      side.clusters.Set({side.context, side.network, spec, breaker, outliers, hosts});
    };
  });
}

void WorkerUpstreams::SetHosts(absl::string_view cluster, std::shared_ptr<const HostSet> hosts) {
  PostToAll([&](const Side& side) {
    return [side, name = std::string(cluster), hosts] { side.clusters.SetHosts(name, hosts); };
  });
}

void WorkerUpstreams::RemoveCluster(absl::string_view cluster) {
  PostToAll([&](const Side& side) {
    return [side, name = std::string(cluster)] { side.clusters.Remove(name); };
  });
}

template <class Make>
void WorkerUpstreams::PostToAll(const Make& make) {
  for (uint32_t worker = 0; worker < workers_.size(); ++worker) {
    workers_.loop(worker).PostQuietly(make(sides_[worker]));
  }
  main_.AtEndOfTurn(*this);
}

void WorkerUpstreams::RunEndOfTurn() {
  for (uint32_t worker = 0; worker < workers_.size(); ++worker) {
    workers_.loop(worker).WakeForPosts();
  }
}

}  // namespace sluice
