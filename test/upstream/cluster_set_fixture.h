// ClusterSetFixture: a ClusterWorld with two workers, and specs for it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "test/upstream/cluster_world.h"
#include "test/upstream/test_hosts.h"

namespace sluice {

class ClusterSetFixture : public testing::Test, protected ClusterWorld {
 protected:
  ClusterSetFixture() : ClusterWorld(2) {}

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
  WorkerCluster* OnWorker(uint32_t worker, const std::string& cluster = "users") {
    return worker_clusters_[worker]->Find(cluster);
  }
  int64_t stat(const std::string& name) { return world_.stats().Value("cluster.users." + name); }
  int64_t manager_stat(const std::string& name) {
    return world_.stats().Value("cluster_manager." + name);
  }
};

}  // namespace sluice
