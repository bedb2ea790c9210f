// StatGroup: the stats that each of many things has (every cluster, every listener's TLS), under
// the prefix of one of them. A StatTable says once which these are, so that a group costs its cells
// and next to nothing for its names.
//
// Made by the registry on the main thread; const, and shared by whoever counts, on any thread. When
// the last holder lets go of it, its names are gone and the registry gives its cells to others: a
// handle of it must not be used any more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "source/stats/counter.h"
#include "source/stats/histogram.h"

namespace sluice {

enum class StatKind : uint8_t { kCounter, kGauge, kHistogram };

struct StatLine {
  absl::string_view name;  // behind the prefix; static
  StatKind kind;
};

// Static: groups refer to it for ever. A line is known by its place in `lines`, of which there is
// one at least; no name is there twice.
class StatTable {
 public:
  explicit StatTable(std::vector<StatLine> lines);

  const std::vector<StatLine>& lines() const { return lines_; }
  const std::vector<uint32_t>& by_name() const { return by_name_; }  // lines in order of name
  const std::vector<uint32_t>& histograms() const { return histograms_; }
  uint32_t scalars() const { return scalars_; }  // counters and gauges
  // Among the lines of its sort: counters and gauges, or histograms.
  uint32_t rank(size_t line) const { return ranks_[line]; }
  // lines().size() where there is none of that name.
  size_t Find(absl::string_view name) const;

 private:
  const std::vector<StatLine> lines_;
  std::vector<uint32_t> by_name_, histograms_, ranks_;
  uint32_t scalars_ = 0;
};

class StatGroup {
 public:
  // The first cell of its counters and gauges, and of its histograms.
  StatGroup(const StatTable& table, uint32_t first_scalar, uint32_t first_histogram)
      : table_(table), first_scalar_(first_scalar), first_histogram_(first_histogram) {}
  // Of gauges that `compute` reads, given the line; main thread.
  StatGroup(const StatTable& table, std::function<int64_t(size_t)> compute)
      : table_(table), compute_(std::move(compute)) {}
  StatGroup(const StatGroup&) = delete;
  StatGroup& operator=(const StatGroup&) = delete;

  // Of a line of that kind.
  Counter counter(size_t line) const { return Counter(cell(line)); }
  Gauge gauge(size_t line) const { return Gauge(cell(line)); }
  Histogram histogram(size_t line) const { return Histogram(cell(line)); }

  const StatTable& table() const { return table_; }
  const std::function<int64_t(size_t)>& compute() const { return compute_; }  // null: it has cells
  // The first cell of a line; 0 where the line, or the registry, has none.
  uint32_t cell(size_t line) const {
    const bool is_histogram = table_.lines()[line].kind == StatKind::kHistogram;
    const uint32_t first = is_histogram ? first_histogram_ : first_scalar_;
    return first == 0 ? 0 : first + table_.rank(line) * (is_histogram ? Histogram::kCells : 1);
  }

 private:
  const StatTable& table_;
  const uint32_t first_scalar_ = 0, first_histogram_ = 0;
  const std::function<int64_t(size_t)> compute_;
};

}  // namespace sluice
