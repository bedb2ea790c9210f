// ProbeFixture: one probe of one host in a SimWorld; the host is 10.0.0.1:80, and what answers
// there speaks raw wire.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "source/upstream/cluster_stats.h"
#include "source/upstream/health/probe.h"
#include "test/harness/sim_world.h"
#include "test/upstream/test_hosts.h"

namespace sluice {

class ProbeFixture : public testing::Test {
 protected:
  ProbeFixture() : cluster_(std::make_shared<ClusterSpec>()), host_(TestHost(1)) {
    cluster_->name = cluster_->stat_name = "users";
    cluster_->stats = MakeClusterStats(world_.stats(), "users");
    cluster_->stats.http2 = std::make_shared<const Http2Stats>(world_.stats(), "cluster.users.");
    cluster_->health_stats =
        std::make_shared<const HealthStats>(MakeHealthStats(world_.stats(), "users"));
  }
  ~ProbeFixture() override {
    probe_.reset();
    world_.RunUntilIdle();
  }

  // Of check_, once.
  HealthProbe& Probe() {
    if (probe_ == nullptr) {
      const ProbeTarget target{world_.main(), world_.network(), cluster_, check_, host_};
      probe_ = MakeProbe(target, [this](ProbeResult result) { results_.push_back(Text(result)); });
    }
    return *probe_;
  }
  // What a probe comes to: "pass: status 200"; nothing: nothing yet.
  std::string Ask() {
    results_.clear();
    Probe().Start();
    world_.RunUntilIdle();
    return results_.empty() ? "" : results_.back();
  }
  // Whoever asks is told these bytes.
  void Serve(std::string bytes) {
    world_.memory().StopServing(host_->address());
    world_.memory().Serve(host_->address(), [this, bytes](std::unique_ptr<MemoryPeer> peer) {
      MemoryPeer* const end = peer.get();
      end->OnActivity([this, end, bytes] {
        if (end->received().empty()) return;
        heard_.push_back(end->Take());
        end->Send(bytes);
      });
      peers_.push_back(std::move(peer));
    });
  }

  static std::string Text(const ProbeResult& result) {
    static constexpr const char* kVerdicts[] = {"pass",      "degraded", "fail",    "excluded",
                                                "retriable", "network",  "timeout", "passive"};
    return absl::StrCat(kVerdicts[static_cast<int>(result.verdict)], ": ", result.words);
  }

  SimWorld world_;
  std::shared_ptr<ClusterSpec> cluster_;
  HealthCheckSpec check_;
  std::shared_ptr<Host> host_;
  std::vector<std::string> results_;
  std::vector<std::string> heard_;  // what Serve's peers were sent
  std::vector<std::unique_ptr<MemoryPeer>> peers_;
  std::unique_ptr<HealthProbe> probe_;
};

// A response with this body.
inline std::string Response(int status, absl::string_view body = "", absl::string_view more = "") {
  return absl::StrCat("HTTP/1.1 ", status, " X\r\n", more, "content-length: ", body.size(),
                      "\r\n\r\n", body);
}

}  // namespace sluice
