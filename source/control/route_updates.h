// RouteUpdates: route tables by discovery (RDS), all that come from one source.
//
// Main thread. A table that names clusters which are not there yet waits for them while the one
// before serves: what one push brings is never seen half. It waits a bounded time, since a name may
// be a mistake; a newer one that takes its place, only for what is left of it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "source/config/runtime_keys.h"
#include "source/control/named_stats.h"
#include "source/control/update_steps.h"
#include "source/event/event_loop.h"
#include "source/route/filter_settings.h"
#include "source/route/route_tables.h"
#include "source/xds/name_deadlines.h"
#include "source/xds/resource_source.h"

namespace envoy::config::route::v3 {
class RouteConfiguration;
}

namespace sluice {

class RouteUpdates final : public ResourceUser {
 public:
  static constexpr Duration kWaitMax = std::chrono::seconds(15);

  // Whether virtual hosts can come from there; errors where they cannot.
  using CheckHosts = std::function<void(const envoy::config::core::v3::ConfigSource& source,
                                        const FieldScope& scope)>;

  // `has_cluster`: whether one of this name serves. `on_change` follows each table that is in force
  // from then on.
  RouteUpdates(WorkerContext& main, StatsRegistry& stats, RuntimeKeys& runtime,
               const FilterSettingsParsers& filters,
               std::function<bool(const std::string& name)> has_cluster, CheckHosts check_hosts,
               std::function<void()> on_change)
      : loop_(main.loop),
        runtime_(runtime),
        filters_(filters),
        has_cluster_(std::move(has_cluster)),
        check_hosts_(std::move(check_hosts)),
        on_change_(std::move(on_change)),
        stats_(main, stats) {}
  // Where they come by; outlives this.
  void SetSource(ResourceSource& source) { source_ = &source; }

  // The table of the feed's name goes to it from now on, until it is unwanted. Several feeds may
  // have the same name, when configuration says in different words that they come from here.
  void Want(RouteFeed& feed, Duration fetch_timeout);
  void Unwant(RouteFeed& feed);

  std::vector<ResourceError> OnResources(const std::vector<Resource>& resources,
                                         const std::vector<std::string>& gone) override;
  void OnFetchTimeout(const std::string& name) override;
  void OnMissing(const std::string& name) override;

  // Other clusters serve than before.
  void OnClusters();
  // Whether a table that is in force, or waits, names this cluster.
  bool Names(const std::string& cluster) const;
  // One of those that have the table of this name; null: there are none.
  const RouteFeed* FeedOf(const std::string& name) const;
  RecordView ViewOf(const std::string& name, const ResourceRecord& record) const;
  const ResourceRecords& records() const { return records_; }
  std::vector<AwaitedName> Awaited() const;
  bool in_use() const { return !feeds_.empty(); }

 private:
  struct Table {
    std::shared_ptr<const RouteTable> table;
    std::string version;
  };
  std::vector<std::string> StatPrefixes(const std::string& name) const;
  bool FitsHosts(const envoy::config::route::v3::RouteConfiguration& proto, const RouteTable& table,
                 const FieldScope& scope) const;
  bool MustWait(const std::string& name, const Table& table) const;
  void Publish(const std::string& name, Table table);
  void PublishWaiting(const std::string& name);

  EventLoop& loop_;
  RuntimeKeys& runtime_;
  const FilterSettingsParsers& filters_;
  const std::function<bool(const std::string&)> has_cluster_;
  const CheckHosts check_hosts_;
  const std::function<void()> on_change_;
  ResourceSource* source_ = nullptr;
  absl::btree_map<std::string, std::vector<RouteFeed*>> feeds_;
  absl::btree_map<std::string, Table> in_force_, waiting_;  // by name
  absl::btree_set<std::string> missing_;  // nobody waits for the first of that name any longer
  NameDeadlines waits_{loop_, [this](const std::string& name) { PublishWaiting(name); }};
  ResourceRecords records_;
  NamedStats stats_;
  ResourceRecords before_;  // what is in force in the place of what waits
};

}  // namespace sluice
