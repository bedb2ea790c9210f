// StatsRegistry: names to handles, at configuration time; and the reader of all cells.
//
// Main thread. A name gives the same handle every time it is asked for; asked for as another kind
// of stat than it is, it gives a handle that counts into nothing. Names are Envoy's
// ("cluster.users.upstream_rq_total"): they are API. Reading sums the cells of all threads without
// stopping them.
//
// What many things have each of its own (every cluster) is added as a group: see stat_group.h.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/strings/string_view.h"
#include "source/stats/cell_space.h"
#include "source/stats/counter.h"
#include "source/stats/histogram.h"
#include "source/stats/histogram_summary.h"
#include "source/stats/stat_cells.h"
#include "source/stats/stat_group.h"

namespace sluice {

class StatsRegistry {
 public:
  StatsRegistry() = default;
  StatsRegistry(const StatsRegistry&) = delete;
  StatsRegistry& operator=(const StatsRegistry&) = delete;

  // Every thread that writes stats brings its cells before it starts, and they outlive the
  // registry's last read.
  void AddCells(StatCells& cells) { cells_.AddThread(cells); }

  Counter GetCounter(absl::string_view name);
  Gauge GetGauge(absl::string_view name);
  Histogram GetHistogram(absl::string_view name);
  // A gauge that is computed when it is read (server.uptime). A second one of the same name
  // replaces the first.
  void AddComputedGauge(absl::string_view name, std::function<int64_t()> compute);

  // The group under this prefix ("cluster.users."): the one that is there, as long as somebody
  // holds it, or a new one whose stats are at 0. Names that it brings belong to no other group and
  // were not asked for one by one before.
  std::shared_ptr<const StatGroup> GetGroup(absl::string_view prefix, const StatTable& table);
  // Gauges, computed when they are read, as long as the group is held; in the place of one of the
  // same prefix and table.
  std::shared_ptr<const StatGroup> ComputeGroup(absl::string_view prefix, const StatTable& table,
                                                std::function<int64_t(size_t line)> compute);

  int64_t Value(Counter counter) const { return cells_.Sum(counter.index()); }
  int64_t Value(Gauge gauge) const { return cells_.Sum(gauge.index()); }
  HistogramSummary Summary(Histogram histogram) const;
  // By name, for tests and admin; 0 where there is none, the count of a histogram.
  int64_t Value(absl::string_view name) const;

  struct Stat {
    absl::string_view name;
    StatKind kind;
    bool used;      // ever written; computed gauges always are
    int64_t value;  // of counters and gauges; the count of a histogram
    uint32_t index;
  };
  // In order of name.
  void ForEach(const std::function<void(const Stat&)>& visit) const;
  // So many of them, behind the one of the name `after`, where that is not empty; `after` is the
  // last one's name then. True: there are more.
  bool ForSome(std::string& after, size_t count,
               const std::function<void(const Stat&)>& visit) const;
  // Those that have ever recorded anything, without their names, in no order.
  void ForEachUsedHistogram(const std::function<void(Histogram)>& visit) const;

 private:
  struct Entry {
    StatKind kind;
    uint32_t index;  // of the first cell
    std::function<int64_t()> compute;
  };
  struct Group {
    std::shared_ptr<const StatGroup> stats;
    uint32_t first_scalar = 0, first_histogram = 0;
    bool held() const { return stats.use_count() > 1; }  // by others than the registry
  };
  using Groups = absl::btree_map<std::pair<std::string, const StatTable*>, Group>;

  class GroupWalk;
  // Groups of which some names come up to this one, and some after.
  std::vector<GroupWalk> BegunAt(const std::string& name) const;
  // The first cell, 0 where the name is another kind's.
  uint32_t GetOrAdd(absl::string_view name, StatKind kind, uint32_t cells);
  // The group that has this name, and its line there; or null.
  std::pair<const StatGroup*, size_t> FindInGroups(absl::string_view name) const;
  void Keep(absl::string_view prefix, const StatTable& table, Group group);
  void FreeCells(const Group& group);
  // What groups that nobody holds have left.
  void Reap();
  bool Used(StatKind kind, uint32_t index) const;
  int64_t Read(StatKind kind, uint32_t index) const;
  Stat Read(absl::string_view name, const Entry& entry) const;
  Stat Read(absl::string_view name, const StatGroup& group, size_t line) const;

  absl::btree_map<std::string, Entry> by_name_;
  Groups groups_;
  size_t reap_at_ = 64;  // groups
  CellSpace cells_;
};

}  // namespace sluice
