// CheckedCluster: a cluster "users" with one active health check, on the main thread of a simulated
// world, and its hosts: 10.0.0.<n>:80.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "test/harness/h1_peer.h"
#include "test/upstream/cluster_world.h"
#include "test/upstream/test_hosts.h"

namespace sluice {

class CheckedCluster : private ClusterWorld {
 public:
  ~CheckedCluster() {
    clusters_.reset();
    world_.RunUntilIdle();
    hosts_.clear();
    world_.RunUntilIdle();
  }

  // Asked every 5 s, for 1 s.
  void Set(std::vector<EndpointSpec> endpoints) {
    auto check = std::make_shared<HealthCheckSpec>();
    HttpProbeSpec probe;
    probe.path = "/";
    check->probe = std::move(probe);
    check->rules.no_traffic_interval = check->rules.no_traffic_healthy_interval =
        std::chrono::seconds(5);
    auto spec = SpecOf("users", DiscoveryType::kStatic);
    spec->health_stats =
        std::make_shared<const HealthStats>(MakeHealthStats(world_.stats(), "users"));
    spec->health_checks.push_back(std::move(check));
    spec->endpoints = std::move(endpoints);
    ClusterWorld::Set(std::move(spec));
  }
  // Discovery's next word.
  void Update(std::vector<EndpointSpec> endpoints) {
    clusters_->SetEndpoints("users", std::move(endpoints));
    world_.RunUntilIdle();
  }
  static EndpointSpec Endpoint(int n, HostFlags flags = {}) {
    EndpointSpec spec;
    spec.facts.address = TestAddress(n);
    spec.flags = flags;
    return spec;
  }
  void Order(int n, HostOrder order) {
    clusters_->OrderHost("users", TestAddress(n).text(), order);
    world_.RunUntilIdle();
  }
  // Host `n` answers its checks so; no bytes: not at all.
  void Answer(int n, const H1Answer& answer) {
    hosts_.push_back(std::make_unique<H1Server>(world_, TestAddress(n),
                                                [answer](const H1Message&) { return answer; }));
  }

  SimWorld& world() { return world_; }
  const Cluster& cluster() { return *clusters_->Find("users"); }
  using ClusterWorld::Hosts;

 private:
  std::vector<std::unique_ptr<H1Server>> hosts_;
};

}  // namespace sluice
