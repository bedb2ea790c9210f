// A cluster whose hosts are asked how they are, on the main thread of a simulated world.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "source/upstream/health/health_checker.h"
#include "source/upstream/health/health_reports.h"
#include "test/harness/h1_peer.h"
#include "test/upstream/cluster_world.h"
#include "test/upstream/test_hosts.h"

namespace sluice {

class HealthCheckerTest : public testing::Test, protected ClusterWorld {
 protected:
  HealthCheckerTest() {
    HealthCheckSpec& check = Check();
    check.probe.emplace<HttpProbeSpec>().path = "/";
    check.rules = {.timeout = std::chrono::seconds(1),
                   .interval = std::chrono::seconds(5),
                   .no_traffic_interval = std::chrono::seconds(5),
                   .no_traffic_healthy_interval = std::chrono::seconds(5),
                   .unhealthy_threshold = 2,
                   .healthy_threshold = 2};
  }
  ~HealthCheckerTest() override {
    clusters_.reset();
    world_.RunUntilIdle();
    hosts_.clear();
    world_.RunUntilIdle();
  }

  // One more check.
  HealthCheckSpec& Check() {
    checks_.push_back(std::make_shared<HealthCheckSpec>());
    return *checks_.back();
  }
  std::shared_ptr<ClusterSpec> Spec(DiscoveryType type) {
    auto spec = SpecOf("users", type);
    spec->health_stats =
        std::make_shared<const HealthStats>(MakeHealthStats(world_.stats(), "users"));
    for (const auto& check : checks_) spec->health_checks.push_back(check);
    return spec;
  }
  static Address At(int n) {
    if (n < 256) return TestAddress(n);
    return *Address::FromIp(absl::StrCat("10.1.", n / 256, ".", n % 256), 80);
  }
  std::shared_ptr<ClusterSpec> Static(int hosts) {
    auto spec = Spec(DiscoveryType::kStatic);
    for (int n = 1; n <= hosts; ++n) spec->endpoints.push_back({.facts = {.address = At(n)}});
    return spec;
  }
  std::shared_ptr<ClusterSpec> Dns() {
    auto spec = Spec(DiscoveryType::kStrictDns);
    EndpointSpec endpoint;
    endpoint.dns_name = "users.test";
    endpoint.port = 80;
    spec->endpoints.push_back(endpoint);
    return spec;
  }
  // Host `n` answers so from now on.
  void Answer(int n, int status) {
    const auto answer = [status](const H1Message&) { return H1Answer::Of(status); };
    if (hosts_.size() <= static_cast<size_t>(n)) hosts_.resize(n + 1);
    if (hosts_[n] != nullptr) return hosts_[n]->SetOnRequest(answer);
    hosts_[n] = std::make_unique<H1Server>(world_, TestAddress(n), answer);
  }
  const Cluster& users() { return *clusters_->Find("users"); }
  const Host& host(size_t index) { return *users().hosts().hosts.at(index); }
  // "10.0.0.1 ok, 10.0.0.2 failed"
  std::string Hosts() {
    std::string text;
    for (const auto& host : users().hosts().hosts) {
      absl::StrAppend(&text, text.empty() ? "" : ", ", host->address().ip_text(), " ",
                      host->flags().Has(HostFlag::kFailedActiveCheck) ? "failed" : "ok");
    }
    return text;
  }
  std::string Words(size_t index) {
    return users().health()->Find(host(index))->checks[0]->last().words;
  }
  int64_t Stat(absl::string_view name) {
    return world_.stats().Value(absl::StrCat("cluster.users.", name));
  }

  std::vector<std::shared_ptr<HealthCheckSpec>> checks_;
  std::vector<std::unique_ptr<H1Server>> hosts_;
};

}  // namespace sluice
