// AdminFixture: an AdminHandler over a view whose facts the test writes, and which notes what it
// was told to do.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "source/server/admin/admin_handler.h"
#include "source/server/admin/client_config.h"
#include "source/server/admin/static_config_dump.h"

namespace sluice {

class AdminFixture : public testing::Test {
 protected:
  AdminFixture() : handler_(MakeView()) { stats.AddCells(cells); }

  AdminResponse Get(absl::string_view target) const { return Ask({"GET", target}); }
  AdminResponse Post(absl::string_view target, absl::string_view body = "") const {
    return Ask({"POST", target, body});
  }
  const AdminHandler& handler() const { return handler_; }
  void SetBootstrap(const std::string& text) {
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &bootstrap));
  }

  StatCells cells;
  StatsRegistry stats;
  HistogramIntervals intervals;
  ServerFacts server;
  std::vector<ListenerFacts> listeners;
  std::vector<DynamicListenerFacts> dynamic_listeners;
  std::vector<ClusterView> clusters;
  envoy::config::bootstrap::v3::Bootstrap bootstrap;
  envoy::service::status::v3::ClientConfig client;  // but for the bootstrap's resources
  std::vector<LedgerEntry> coverage;
  TunnelSnapshot tunnels;
  std::vector<ConnectionView> connections;
  std::vector<RuntimeLayerFacts> runtime;
  std::string orders;
  std::function<void(absl::AnyInvocable<void()>)> soon = [](auto work) { work(); };

 private:
  AdminResponse Ask(const AdminRequest& request) const {
    AdminResponse answer;
    handler_.Handle(request, [&answer](const AdminResponse& given) { answer = given; });
    return answer;
  }
  AdminView MakeView() {
    AdminView view{stats, intervals, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
    view.server = [this] { return server; };
    view.listeners = [this] { return listeners; };
    view.clusters = [this] { return clusters; };
    view.config_dump = [this] {
      auto parts = StaticConfigDump(bootstrap, WallTime(std::chrono::milliseconds(1'500)));
      AddDynamicListeners(dynamic_listeners, parts);
      return parts;
    };
    view.client = [this](ResourceContents contents) {
      auto config = client;
      AddStaticResources(bootstrap, WallTime(std::chrono::milliseconds(1'500)), contents, config);
      return config;
    };
    view.config_coverage = [this] { return coverage; };
    view.soon = [this](absl::AnyInvocable<void()> work) { soon(std::move(work)); };
    view.tunnels = [this](const std::function<void(TunnelSnapshot)>& done) { done(tunnels); };
    view.connections = [this](const std::function<void(std::vector<ConnectionView>)>& done) {
      done(connections);
    };
    view.runtime = [this] { return runtime; };
    view.modify_runtime = [this](const auto& changes) -> absl::Status {
      if (runtime.empty()) return absl::FailedPreconditionError("No admin layer specified");
      for (const auto& [key, value] : changes) absl::StrAppend(&orders, key, "=", value, ";");
      return absl::OkStatus();
    };
    view.drain_listeners = [this](DrainOrder order) {
      absl::StrAppend(&orders, "drain", order.pace == DrainSpeed::kGraceful ? " graceful" : "",
                      order.scope == DrainScope::kInboundOnly ? " inbound" : "",
                      order.after == AfterDrain::kKeepListeners ? " keep" : "", ";");
    };
    view.set_health_check = [this](HealthCheckAnswer answer) {
      orders += answer == HealthCheckAnswer::kFail ? "fail;" : "pass;";
    };
    view.order_host = [this](const std::string& cluster, const std::string& address,
                             HostOrder order) {
      constexpr const char* kOrders[] = {"up", "drain", "maintenance"};
      if (absl::StrContains(address, "10.0.0.9:80")) return false;
      absl::StrAppend(&orders, cluster, " ", address, " ", kOrders[static_cast<int>(order)], ";");
      return true;
    };
    view.quit = [this] { orders += "quit;"; };
    return view;
  }
  AdminHandler handler_;
};

}  // namespace sluice
