// NamedStats: statistics of resources one by one, by Envoy's names, beside those of their kind:
// "http.web.rds.routes.update_rejected".
//
// Main thread. What has been counted once stays, as every statistic does.
#pragma once

#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_set.h"
#include "source/event/worker_context.h"
#include "source/stats/registry.h"
#include "source/xds/resource.h"
#include "source/xds/xds_stats.h"

namespace sluice {

// What has come of a response; `stats_of` gives the UpdateStats that a name counts under.
template <class StatsOf>
void CountUpdates(WorkerContext& main, const std::vector<Resource>& resources,
                  const std::vector<ResourceError>& refused, const StatsOf& stats_of) {
  absl::flat_hash_set<absl::string_view> names;
  for (const ResourceError& error : refused) names.insert(error.name);
  for (const Resource& resource : resources) {
    for (const UpdateStats& stats : stats_of(resource.name)) {
      if (names.contains(resource.name)) {
        stats.rejected.Add(main.stats);
      } else {
        stats.NoteSuccess(main, resource.version);
      }
    }
  }
}

class NamedStats {
 public:
  NamedStats(WorkerContext& main, StatsRegistry& stats) : main_(main), stats_(stats) {}

  void CountAttempt(const std::string& prefix) { Of(prefix).attempt.Add(main_.stats); }
  void CountTimeout(const std::string& prefix) { Of(prefix).fetch_timeout.Add(main_.stats); }
  // As CountUpdates; `prefixes_of` gives the prefixes that a name counts under.
  template <class PrefixesOf>
  void Count(const std::vector<Resource>& resources, const std::vector<ResourceError>& refused,
             const PrefixesOf& prefixes_of) {
    CountUpdates(main_, resources, refused, [&](const std::string& name) {
      std::vector<UpdateStats> stats;
      for (const std::string& prefix : prefixes_of(name)) stats.push_back(Of(prefix));
      return stats;
    });
  }

 private:
  const UpdateStats& Of(const std::string& prefix) {
    const auto [at, is_new] = by_prefix_.try_emplace(prefix);
    if (is_new) at->second = MakeUpdateStats(stats_, prefix);
    return at->second;
  }

  WorkerContext& main_;
  StatsRegistry& stats_;
  absl::btree_map<std::string, UpdateStats> by_prefix_;
};

}  // namespace sluice
