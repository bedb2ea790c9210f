// VirtualHostUpdates: virtual hosts by discovery (VHDS), all that come from one source, and the
// tables that they are in. A virtual host named "table/host" is of the tables of that name.
//
// Main thread. As Envoy asks: for all that the server thinks of use, so that what no table here is
// for is kept as it came: the server would not send it again for a table that comes later.
//
// A virtual host is refused by itself; those of the same response are taken. In a table it has its
// domains to itself: what comes later does not take them away, but in one response virtual hosts
// may hand on domains to each other. One that is to lead to a cluster which is not there yet waits
// a bounded time while the one before serves.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "source/config/config_errors.h"
#include "source/config/runtime_keys.h"
#include "source/control/asked_hosts.h"
#include "source/control/named_stats.h"
#include "source/control/update_steps.h"
#include "source/event/worker_context.h"
#include "source/route/filter_settings.h"
#include "source/route/route_table_edit.h"
#include "source/route/route_tables.h"
#include "source/stats/registry.h"
#include "source/xds/name_deadlines.h"
#include "source/xds/resource_source.h"

namespace envoy::config::route::v3 {
class VirtualHost;
}

namespace sluice {

class VirtualHostUpdates final : public ResourceUser {
 public:
  static constexpr Duration kWaitMax = std::chrono::seconds(15);
  // Of a request that waits, where its source has no initial_fetch_timeout.
  static constexpr Duration kAskMax = std::chrono::seconds(15);

  // As RouteUpdates has them.
  VirtualHostUpdates(WorkerContext& main, StatsRegistry& stats, RuntimeKeys& runtime,
                     const FilterSettingsParsers& filters,
                     std::function<bool(const std::string& name)> has_cluster,
                     std::function<void()> on_change);
  // Where they come by; outlives this.
  void SetSource(ResourceSource& source) { source_ = &source; }

  // The feed's table serves with its virtual hosts from now on, until it is unwanted.
  void Want(RouteFeed& feed, Duration fetch_timeout);
  // Its own table is another one.
  void OnTable(RouteFeed& feed);
  void Unwant(RouteFeed& feed);
  // A request waits for a virtual host of this name in the feed's table, which answers in any case.
  void Ask(RouteFeed& feed, const std::string& host);

  std::vector<ResourceError> OnResources(const std::vector<Resource>& resources,
                                         const std::vector<std::string>& gone) override;
  void OnResponseEnd() override;
  void OnFetchTimeout(const std::string& name) override;
  void OnMissing(const std::string& name) override;

  // Other clusters serve than before.
  void OnClusters();
  // Whether a table that has any from here names this cluster.
  bool Names(const std::string& cluster) const;
  // Those that the tables of this name have, in the form in which a RouteConfiguration has them.
  std::string BytesOf(const std::string& table) const;
  const ResourceRecords& records() const { return records_; }
  bool in_use() const { return !feds_.empty(); }
  // While no table has any: as if none had ever been asked for.
  void Reset();

 private:
  using Host = std::shared_ptr<const VirtualHost>;
  // A table, and what of it has come from here.
  struct Fed {
    RouteFeed* feed;
    Duration fetch_timeout;
    std::shared_ptr<const RouteTable> own;     // of `whole`
    std::shared_ptr<const RouteTable> whole;   // which serves, once there is an answer
    absl::btree_map<std::string, Host> hosts;  // in it, by name of the resource
  };
  // Beside those of the update, under the same prefix.
  struct Stats {
    Counter config_reload, update_empty;
    Gauge config_reload_time_ms;
  };
  // A resource on its way into the tables that it is for, compiled for each.
  struct Candidate {
    std::string name;
    std::vector<std::pair<Fed*, Host>> hosts;
    ConfigErrors errors;
    bool waits = false;
  };

  using Candidates = std::deque<Candidate>;  // which do not move
  using Edits = absl::flat_hash_map<Fed*, std::unique_ptr<RouteTableEdit>>;

  static std::string TableOf(absl::string_view resource);
  std::vector<Fed*> FedBy(absl::string_view table);
  std::vector<std::string> StatPrefixes(const RouteFeed& feed) const;
  // False: it says what is in force.
  bool Judge(const Resource& resource, Candidate& candidate);
  void Compile(const envoy::config::route::v3::VirtualHost& proto, Candidate& candidate);
  bool MustWait(const Candidate& candidate) const;
  void Settle(Candidates& candidates);
  bool TryPut(Candidates& candidates);
  std::vector<ResourceError> Note(const std::vector<Resource>& resources,
                                  const Candidates& candidates);
  void Remove(const std::vector<std::string>& names);
  static RouteTableEdit& EditOf(Fed& fed, Edits& edits);
  void PutWaiting(const std::vector<std::string>& names);
  void Build(Fed& fed);
  bool Rebase(Fed& fed);
  void Answer();
  void Publish();
  void CheckAsked();
  void AnswerRequests(const std::string& name);
  void NoteRefusal(const std::string& name, const ConfigErrors& errors);
  void CountReload(const RouteFeed& feed);
  Stats& StatsOf(const std::string& prefix);

  WorkerContext& main_;
  StatsRegistry& registry_;
  RuntimeKeys& runtime_;
  const FilterSettingsParsers& filters_;
  const std::function<bool(const std::string&)> has_cluster_;
  const std::function<void()> on_change_;
  ResourceSource* source_ = nullptr;
  std::vector<std::unique_ptr<Fed>> feds_;
  ResourceRecords records_;
  absl::btree_set<std::string> waiting_;  // what came last of it is in no table yet
  NameDeadlines waits_{main_.loop, [this](const std::string& name) { PutWaiting({name}); }};
  NamedStats stats_;
  absl::btree_map<std::string, Stats> own_stats_;  // by prefix
  // Of the response that is being taken: the last version that it has of each table, and of which
  // something was refused.
  absl::btree_map<std::string, std::string> heard_;
  absl::btree_set<std::string> refused_;
  AskedHosts asked_hosts_;
  bool asked_ = false;
  bool has_answer_ = false;  // some have come, or word that there are none, or it is too late
};

}  // namespace sluice
