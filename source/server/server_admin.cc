// What the server shows on its admin port, and what it lets itself be told there.
#include <utility>

#include "source/base/log.h"
#include "source/server/core_views.h"
#include "source/server/options.h"
#include "source/server/server.h"

namespace sluice {

AdminView Server::MakeAdminView() {
  return {
      .stats = stats_,
      .intervals = intervals_,
      .soon = [this](absl::AnyInvocable<void()> work) { main_.loop.Post(std::move(work)); },
      .server = [this] { return ShowServer(); },
      .listeners = [this] { return ShowListeners(*core_); },
      .clusters = [this] { return ShowClusters(*core_); },
      .config_dump = [this] { return DumpConfig(*core_, bootstrap_, started_wall_); },
      .client =
          [this](ResourceContents contents) {
            return ShowClient(*core_, bootstrap_, started_wall_, contents);
          },
      .config_coverage = [this] { return ledger_; },
      .tunnels =
          [this](std::function<void(TunnelSnapshot)> done) {
            core_->CollectTunnels([done = std::move(done)](std::vector<TunnelView> open,
                                                           std::vector<TunnelEndView> ends) {
              done({std::move(open), std::move(ends)});
            });
          },
      .connections =
          [this](std::function<void(std::vector<ConnectionView>)> done) {
            core_->listeners().CollectConnections(std::move(done));
          },
      .runtime = [this] { return ShowRuntime(*core_); },
      .modify_runtime = [this](const auto& changes) { return core_->runtime().Modify(changes); },
      .order_host =
          [this](const std::string& cluster, const std::string& address, HostOrder order) {
            return core_->clusters().OrderHost(cluster, address, order);
          },
      .drain_listeners = [this](DrainOrder order) { DrainListeners(order); },
      .set_health_check = [this](HealthCheckAnswer answer) { SetHealthCheck(answer); },
      .quit = [this] { DrainAndExit(); }};
}

ServerFacts Server::ShowServer() const {
  ServerFacts facts;
  facts.version = VersionLine();
  facts.state = state_;
  facts.uptime = main_.loop.now() - started_;
  facts.node = bootstrap_.node();
  facts.options.set_concurrency(static_cast<uint32_t>(workers_.size()));
  facts.options.set_config_path(options_.config_path);
  facts.options.set_config_yaml(options_.config_yaml);
  facts.options.set_log_level(std::string(LogLevelName(options_.log_level)));
  facts.options.set_log_path(options_.log_path);
  facts.options.set_service_cluster(options_.service_cluster);
  facts.options.set_service_node(options_.service_node);
  facts.options.set_service_zone(options_.service_zone);
  facts.options.set_admin_address_path(options_.admin_address_path);
  facts.options.mutable_drain_time()->set_seconds(options_.drain_time.count());
  return facts;
}

// Envoy: /drain_listeners closes the listeners; with "graceful" connections are told to go first;
// the process goes on.
void Server::DrainListeners(DrainOrder order) {
  if (core_->draining()) return;
  SLUICE_LOG(kAdmin, kInfo, "draining all listeners");
  const bool keep = order.after == AfterDrain::kKeepListeners;
  core_->StartDrain([] {}, keep ? ProxyCore::Accepting::kGoesOn : ProxyCore::Accepting::kEnds);
}

void Server::SetHealthCheck(HealthCheckAnswer answer) {
  if (exiting_) return;
  core_->process().fails_health_checks = answer == HealthCheckAnswer::kFail;
  state_ = answer == HealthCheckAnswer::kFail ? ServerState::kDraining : ServerState::kLive;
}

}  // namespace sluice
