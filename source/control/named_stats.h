// NamedStats: statistics of resources one by one, by Envoy's names, beside those of their kind:
// "cluster.users.update_success", "http.web.rds.routes.update_rejected".
//
// Main thread. What has been counted once stays, as every statistic does, but for what a cluster
// counts of itself: it is looked up each time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_set.h"
#include "source/event/worker_context.h"
#include "source/stats/registry.h"
#include "source/stats/stat_group.h"
#include "source/xds/resource.h"
#include "source/xds/xds_stats.h"

namespace sluice {

class NamedStats {
 public:
  NamedStats(WorkerContext& main, StatsRegistry& stats) : main_(main), stats_(stats) {}

  void CountAttempt(const std::string& prefix) { Of(prefix).attempt.Add(main_.stats); }
  void CountTimeout(const std::string& prefix) { Of(prefix).fetch_timeout.Add(main_.stats); }
  // What has come of a response; `prefixes_of` gives those that a name counts under.
  template <class PrefixesOf>
  void Count(const std::vector<Resource>& resources, const std::vector<ResourceError>& refused,
             const PrefixesOf& prefixes_of) {
    absl::flat_hash_set<absl::string_view> names;
    for (const ResourceError& error : refused) names.insert(error.name);
    for (const Resource& resource : resources) {
      for (const std::string& prefix : prefixes_of(resource.name)) {
        const UpdateStats stats = Of(prefix);
        if (names.contains(resource.name)) {
          stats.rejected.Add(main_.stats);
        } else {
          stats.NoteSuccess(main_, resource.version);
        }
      }
    }
  }

 private:
  UpdateStats Of(const std::string& prefix) {
    const auto [at, is_new] = by_prefix_.try_emplace(prefix);
    if (is_new) at->second = stats_.GetGroup(prefix, Names());
    return UpdateStats(stats_, prefix);
  }
  // Those that no cluster has of itself.
  static const StatTable& Names() {
    static const auto* const table = new StatTable({{"init_fetch_timeout", StatKind::kCounter},
                                                    {"update_rejected", StatKind::kCounter},
                                                    {"update_time", StatKind::kGauge},
                                                    {"version", StatKind::kGauge}});
    return *table;
  }

  WorkerContext& main_;
  StatsRegistry& stats_;
  absl::btree_map<std::string, std::shared_ptr<const StatGroup>> by_prefix_;
};

}  // namespace sluice
