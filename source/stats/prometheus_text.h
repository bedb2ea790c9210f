// The /stats/prometheus page: the text exposition format 0.0.4, with the metric names and labels
// that Envoy's default tag extraction gives. Main thread; pure but for reading the registry.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_set.h"
#include "source/stats/histogram_format.h"
#include "source/stats/registry.h"
#include "source/stats/stat_filter.h"

namespace sluice {

// A page in the making, a part at a time, as GrowingStatsPage: first what there is is read and
// sorted by metric, then it is written. Counters, then gauges, then histograms; a name has one TYPE
// line, and all its samples follow it.
class GrowingPrometheusPage {
 public:
  GrowingPrometheusPage(const StatsRegistry& registry, const StatFilter& filter)
      : registry_(registry), filter_(filter) {}

  // So many stats more read, or samples written. True: there are others.
  bool AddPart(size_t stats);
  // Once, when there are none: all of it, in pieces where it is long.
  std::vector<std::string> Take();

 private:
  static constexpr size_t kPieceBytes = 256 * 1024;
  // Read with the rest: between two parts the stat may go.
  struct Counts {
    std::array<uint64_t, std::size(kHistogramBounds)> up_to;
    uint64_t count, sum;
  };
  struct Sample {
    std::string labels;
    int64_t value;  // of a histogram: where its counts are
  };
  // The samples of one kind of stat, by metric name.
  using Family = absl::btree_map<std::string, std::vector<Sample>>;
  static constexpr size_t kKinds = 3;

  void Read(const StatsRegistry::Stat& stat);
  bool Write(size_t samples);
  void WriteType(size_t kind, const std::string& plain_name);
  void WriteHistogram(const std::string& labels, const Counts& counts);

  const StatsRegistry& registry_;
  const StatFilter& filter_;
  std::string after_;  // the last that was read
  bool all_read_ = false;
  Family families_[kKinds];  // what has been written is taken out
  std::vector<Counts> counts_;
  absl::flat_hash_set<std::string> names_;  // written so far
  std::string name_;                        // of the family under way
  size_t written_ = 0;                      // samples of it
  std::string text_;
  std::vector<std::string> pieces_;  // before text_
};

// All of it at once.
std::string PrometheusText(const StatsRegistry& registry, const StatFilter& filter);

}  // namespace sluice
