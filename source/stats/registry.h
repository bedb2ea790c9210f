// StatsRegistry: names to handles, at configuration time; and the reader of all cells.
//
// Main thread. A name gives the same handle every time it is asked for. Names are Envoy's
// ("cluster.users.upstream_rq_total"): they are API. Reading sums the cells of all threads without
// stopping them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "source/stats/counter.h"
#include "source/stats/histogram.h"
#include "source/stats/stat_cells.h"

namespace sluice {

enum class StatKind : uint8_t { kCounter, kGauge, kHistogram };

struct HistogramSummary {
  uint64_t count = 0;
  uint64_t sum = 0;
  std::vector<uint64_t> buckets;  // Histogram::kBuckets counts
  // q in [0, 1]; the interpolated value, 0 for an empty one.
  double Quantile(double q) const;
};

class StatsRegistry {
 public:
  StatsRegistry();
  ~StatsRegistry();

  // Every thread that writes stats brings its cells before it starts, and they outlive the registry's last read.
  void AddCells(StatCells& cells);

  Counter GetCounter(absl::string_view name);
  Gauge GetGauge(absl::string_view name);
  Histogram GetHistogram(absl::string_view name);
  // A gauge that is computed when it is read (server.uptime).
  void AddComputedGauge(absl::string_view name, std::function<int64_t()> compute);

  int64_t Value(Counter counter) const;
  int64_t Value(Gauge gauge) const;
  HistogramSummary Summary(Histogram histogram) const;
  // By name, for tests and admin; 0 where there is none.
  int64_t Value(absl::string_view name) const;

  struct Stat {
    absl::string_view name;
    StatKind kind;
    int64_t value;  // of counters and gauges
    uint32_t index;
  };
  // In order of name.
  void ForEach(const std::function<void(const Stat&)>& visit) const;

 private:
  struct Entry {
    StatKind kind;
    uint32_t index;
    std::function<int64_t()> compute;
  };
  const Entry& GetOrAdd(absl::string_view name, StatKind kind, uint32_t cells);
  int64_t Sum(uint32_t index) const;
  absl::flat_hash_map<std::string, Entry> by_name_;
  std::vector<StatCells*> threads_;
  uint32_t next_index_ = 1;  // cell 0 swallows what default-made handles write
};

}  // namespace sluice
