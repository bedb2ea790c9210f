// Counter, Gauge: handles to a stat's cells, as the registry gives them out at configuration time.
// Values to copy; writing takes the cells of the thread one is on.
#pragma once

#include <cstdint>

#include "source/stats/stat_cells.h"

namespace sluice {

class Counter {
 public:
  Counter() = default;  // counts into cell 0, which no one reads
  explicit Counter(uint32_t index) : index_(index) {}
  void Add(StatCells& cells, uint64_t n = 1) const { cells.Add(index_, static_cast<int64_t>(n)); }
  uint32_t index() const { return index_; }

 private:
  uint32_t index_ = 0;
};

// The sum over threads of what each has added and taken away.
class Gauge {
 public:
  Gauge() = default;
  explicit Gauge(uint32_t index) : index_(index) {}
  void Add(StatCells& cells, int64_t n = 1) const { cells.Add(index_, n); }
  void Subtract(StatCells& cells, int64_t n = 1) const { cells.Add(index_, -n); }
  // For gauges that one thread alone writes.
  void Set(StatCells& cells, int64_t value) const { cells.Add(index_, value - cells.Get(index_)); }
  uint32_t index() const { return index_; }

 private:
  uint32_t index_ = 0;
};

}  // namespace sluice
