// ScopeUpdates: scopes of routes by discovery (SRDS), all that come from one source. The tables
// that they name come by RouteUpdates.
//
// Main thread. All of a source's scopes are each connection manager's that names it, as in Envoy.
// No two in force have one key: of those that would, what comes later is refused, with both names.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "source/config/runtime_keys.h"
#include "source/control/named_stats.h"
#include "source/control/route_updates.h"
#include "source/control/update_steps.h"
#include "source/event/worker_context.h"
#include "source/route/filter_settings.h"
#include "source/route/scoped_routes.h"
#include "source/stats/registry.h"
#include "source/xds/resource_source.h"

namespace envoy::config::route::v3 {
class ScopedRouteConfiguration;
}

namespace sluice {

class ScopeUpdates final : public ResourceUser {
 public:
  // `check_hosts` as RouteUpdates has it. `on_change` follows each change of the scopes in force.
  ScopeUpdates(WorkerContext& main, StatsRegistry& stats, RuntimeKeys& runtime,
               const FilterSettingsParsers& filters, RouteUpdates::CheckHosts check_hosts,
               std::function<void()> on_change)
      : main_(main),
        registry_(stats),
        runtime_(runtime),
        filters_(filters),
        check_hosts_(std::move(check_hosts)),
        on_change_(std::move(on_change)),
        stats_(main, stats) {}
  // Where they come by; outlives this.
  void SetSource(ResourceSource& source) { source_ = &source; }

  // The scopes go to it from now on, until it is unwanted.
  void Want(ScopeFeed& feed, Duration fetch_timeout);
  void Unwant(ScopeFeed& feed);

  std::vector<ResourceError> OnResources(const std::vector<Resource>& resources,
                                         const std::vector<std::string>& gone) override;
  // Scopes may change keys with each other.
  bool takes_parts() const override { return false; }
  void OnFetchTimeout(const std::string& name) override;
  void OnMissing(const std::string& name) override;

  // Whether a table that came with a scope names this cluster.
  bool Names(const std::string& cluster) const;
  const ResourceRecords& records() const { return records_; }
  bool in_use() const { return !feeds_.empty(); }
  // While nobody uses them: as if they had never been asked for.
  void Reset();

 private:
  // Beside those of the update, under the same prefix.
  struct Stats {
    Counter config_reload;
    Gauge config_reload_time_ms, all_scopes, active_scopes;
  };
  static std::string StatPrefix(const ScopeFeed& feed);
  std::optional<Scope> Parse(const envoy::config::route::v3::ScopedRouteConfiguration& proto,
                             const FieldScope& scope) const;
  Scopes Judge(const std::vector<Resource>& resources);
  void Tell(ScopeFeed& feed);
  void CountScopes(const std::string& prefix, size_t count);
  void CountAll(const std::vector<Resource>& resources, const std::vector<ResourceError>& refused);

  WorkerContext& main_;
  StatsRegistry& registry_;
  RuntimeKeys& runtime_;
  const FilterSettingsParsers& filters_;
  const RouteUpdates::CheckHosts check_hosts_;
  const std::function<void()> on_change_;
  ResourceSource* source_ = nullptr;
  std::vector<ScopeFeed*> feeds_;
  Scopes scopes_;  // in force
  ResourceRecords records_;
  NamedStats stats_;
  absl::btree_map<std::string, Stats> own_stats_;  // by prefix
  bool asked_ = false;
  bool has_answer_ = false;  // scopes have come, or word that there are none
  bool missing_ = false;     // nobody waits for the first any longer
};

}  // namespace sluice
