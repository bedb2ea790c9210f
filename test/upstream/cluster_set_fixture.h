// ClusterSetFixture: a ClusterSet with two workers in a SimWorld, and specs for it.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "source/upstream/cluster_map.h"
#include "source/upstream/cluster_set.h"
#include "source/upstream/cluster_stats.h"
#include "test/harness/scripted_resolver.h"
#include "test/harness/sim_world.h"
#include "test/upstream/test_hosts.h"

namespace sluice {

class ClusterSetFixture : public testing::Test {
 protected:
  ClusterSetFixture() {
    std::vector<WorkerUpstreams::Side> sides;
    for (uint32_t i = 0; i < 2; ++i) {
      sides.push_back({world_.worker(i), world_.network(), worker_clusters_[i]});
    }
    workers_ = std::make_unique<WorkerUpstreams>(world_.workers(), std::move(sides));
    clusters_ = std::make_unique<ClusterSet>(world_.main(), world_.network(), world_.stats(),
                                             resolver_, *workers_);
  }

  std::shared_ptr<ClusterSpec> SpecOf(const std::string& name, DiscoveryType type) {
    auto spec = std::make_shared<ClusterSpec>();
    spec->name = spec->stat_name = name;
    spec->type = type;
    spec->stats = MakeClusterStats(world_.stats(), name);
    return spec;
  }
  static std::vector<EndpointSpec> Endpoints(const std::vector<int>& numbers) {
    std::vector<EndpointSpec> endpoints;
    for (const int n : numbers) endpoints.push_back({.facts = {.address = TestAddress(n)}});
    return endpoints;
  }
  std::shared_ptr<ClusterSpec> Static(const std::string& name, const std::vector<int>& numbers) {
    auto spec = SpecOf(name, DiscoveryType::kStatic);
    spec->endpoints = Endpoints(numbers);
    return spec;
  }
  // Port 80 of each.
  std::shared_ptr<ClusterSpec> Dns(const std::vector<std::string>& names) {
    auto spec = SpecOf("users", DiscoveryType::kStrictDns);
    for (const std::string& name : names) {
      EndpointSpec endpoint;
      endpoint.dns_name = name;
      endpoint.facts.hostname = name;
      endpoint.port = 80;
      spec->endpoints.push_back(endpoint);
    }
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
  WorkerCluster* OnWorker(uint32_t worker, const std::string& cluster = "users") {
    return worker_clusters_[worker].Find(cluster);
  }
  int64_t stat(const std::string& name) { return world_.stats().Value("cluster.users." + name); }
  int64_t manager_stat(const std::string& name) {
    return world_.stats().Value("cluster_manager." + name);
  }

  SimWorld world_{{.workers = 2}};
  ScriptedResolver resolver_{world_.main().loop};
  WorkerClusters worker_clusters_[2];
  std::unique_ptr<WorkerUpstreams> workers_;
  std::unique_ptr<ClusterSet> clusters_;
};

}  // namespace sluice
