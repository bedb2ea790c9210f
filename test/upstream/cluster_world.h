// ClusterWorld: clusters on the main thread of a simulated world, and what its workers see of them.
// What tests of clusters derive their fixtures from.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "source/upstream/cluster_map.h"
#include "source/upstream/cluster_set.h"
#include "source/upstream/cluster_stats.h"
#include "test/harness/scripted_resolver.h"
#include "test/harness/sim_world.h"

namespace sluice {

class ClusterWorld {
 protected:
  explicit ClusterWorld(uint32_t workers = 1) : world_({.workers = workers}) {
    std::vector<WorkerUpstreams::Side> sides;
    for (uint32_t i = 0; i < workers; ++i) {
      worker_clusters_.push_back(std::make_unique<WorkerClusters>());
      sides.push_back({world_.worker(i), world_.network(), *worker_clusters_.back()});
    }
    workers_ =
        std::make_unique<WorkerUpstreams>(world_.main().loop, world_.workers(), std::move(sides));
    clusters_ = std::make_unique<ClusterSet>(world_.main(), world_.network(), world_.stats(),
                                             resolver_, *workers_);
  }
  ~ClusterWorld() = default;

  std::shared_ptr<ClusterSpec> SpecOf(const std::string& name, DiscoveryType type) {
    auto spec = std::make_shared<ClusterSpec>();
    spec->name = spec->stat_name = name;
    spec->type = type;
    spec->stats = MakeClusterStats(world_.stats(), name);
    return spec;
  }
  void Set(std::shared_ptr<ClusterSpec> spec) {
    clusters_->Set(std::move(spec));
    world_.RunUntilIdle();
  }
  // "10.0.0.1:80 10.0.0.2:80"
  std::string Hosts(const std::string& cluster = "users") {
    std::string text;
    for (const auto& host : clusters_->Find(cluster)->hosts().hosts) {
      absl::StrAppend(&text, text.empty() ? "" : " ", host->address().text());
    }
    return text;
  }

  SimWorld world_;
  ScriptedResolver resolver_{world_.main().loop};
  std::vector<std::unique_ptr<WorkerClusters>> worker_clusters_;
  std::unique_ptr<WorkerUpstreams> workers_;
  std::unique_ptr<ClusterSet> clusters_;
};

}  // namespace sluice
