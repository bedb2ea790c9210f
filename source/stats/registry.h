// StatsRegistry: names to handles, at configuration time; and the reader of all cells.
//
// Main thread. A name gives the same handle every time it is asked for; asked for as another kind
// of stat than it is, it gives a handle that counts into nothing. Names are Envoy's
// ("cluster.users.upstream_rq_total"): they are API. Reading sums the cells of all threads without
// stopping them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/strings/string_view.h"
#include "source/stats/counter.h"
#include "source/stats/histogram.h"
#include "source/stats/histogram_summary.h"
#include "source/stats/stat_cells.h"

namespace sluice {

enum class StatKind : uint8_t { kCounter, kGauge, kHistogram };

class StatsRegistry {
 public:
  StatsRegistry() = default;
  StatsRegistry(const StatsRegistry&) = delete;
  StatsRegistry& operator=(const StatsRegistry&) = delete;

  // Every thread that writes stats brings its cells before it starts, and they outlive the
  // registry's last read.
  void AddCells(StatCells& cells);

  Counter GetCounter(absl::string_view name);
  Gauge GetGauge(absl::string_view name);
  Histogram GetHistogram(absl::string_view name);
  // A gauge that is computed when it is read (server.uptime). A second one of the same name
  // replaces the first.
  void AddComputedGauge(absl::string_view name, std::function<int64_t()> compute);

  int64_t Value(Counter counter) const { return Sum(counter.index()); }
  int64_t Value(Gauge gauge) const { return Sum(gauge.index()); }
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

 private:
  struct Entry {
    StatKind kind;
    uint32_t index;  // of the first cell
    std::function<int64_t()> compute;
  };
  // The first cell, 0 where the name is another kind's.
  uint32_t GetOrAdd(absl::string_view name, StatKind kind, uint32_t cells);
  int64_t Sum(uint32_t index) const;
  bool AnyUsed(uint32_t index) const;
  int64_t Read(const Entry& entry) const;
  bool Used(const Entry& entry) const;

  absl::btree_map<std::string, Entry> by_name_;
  std::vector<StatCells*> threads_;
  uint32_t next_index_ = 1;  // cell 0 swallows what default-made handles write
};

}  // namespace sluice
