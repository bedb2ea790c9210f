// NamedStats: statistics of resources one by one, by Envoy's names, beside those of their kind:
// "cluster.users.update_success", "http.web.rds.routes.update_rejected".
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
        const UpdateStats& stats = Of(prefix);
        if (names.contains(resource.name)) {
          stats.rejected.Add(main_.stats);
        } else {
          stats.NoteSuccess(main_, resource.version);
        }
      }
    }
  }

 private:
  const UpdateStats& Of(const std::string& prefix) {
    return by_prefix_.try_emplace(prefix, stats_, prefix).first->second;
  }

  WorkerContext& main_;
  StatsRegistry& stats_;
  absl::btree_map<std::string, UpdateStats> by_prefix_;
};

}  // namespace sluice
