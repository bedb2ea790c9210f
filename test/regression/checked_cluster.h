// CheckedCluster: a cluster "users" with one active health check, on the main thread of a simulated
// world, and its hosts: 10.0.0.<n>:80.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "source/upstream/cluster_set.h"
#include "source/upstream/cluster_stats.h"
#include "test/harness/h1_peer.h"
#include "test/harness/scripted_resolver.h"
#include "test/harness/sim_world.h"
#include "test/upstream/test_hosts.h"

namespace sluice {

class CheckedCluster {
 public:
  CheckedCluster() {
    workers_ = std::make_unique<WorkerUpstreams>(
        world_.workers(),
        std::vector<WorkerUpstreams::Side>{{world_.worker(0), world_.network(), worker_clusters_}});
    clusters_ = std::make_unique<ClusterSet>(world_.main(), world_.network(), world_.stats(),
                                             resolver_, *workers_);
  }
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
    auto spec = std::make_shared<ClusterSpec>();
    spec->name = spec->stat_name = "users";
    spec->type = DiscoveryType::kStatic;
    spec->stats = MakeClusterStats(world_.stats(), "users");
    spec->health_stats = MakeHealthStats(world_.stats(), "users");
    spec->health_checks.push_back(std::move(check));
    spec->endpoints = std::move(endpoints);
    clusters_->Set(std::move(spec));
    world_.RunUntilIdle();
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
  // "10.0.0.1 10.0.0.2"
  std::string Hosts() {
    std::string text;
    for (const auto& host : cluster().hosts().hosts)
      absl::StrAppend(&text, text.empty() ? "" : " ", host->address().ip_text());
    return text;
  }

 private:
  SimWorld world_;
  ScriptedResolver resolver_{world_.main().loop};
  WorkerClusters worker_clusters_;
  std::unique_ptr<WorkerUpstreams> workers_;
  std::unique_ptr<ClusterSet> clusters_;
  std::vector<std::unique_ptr<H1Server>> hosts_;
};

}  // namespace sluice
