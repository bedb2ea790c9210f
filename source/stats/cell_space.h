// CellSpace: which cells of all threads' StatCells are whose. Counters and gauges lie apart from
// histograms, whose cells are many and, as long as nothing is recorded, cost no memory.
//
// Main thread.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "source/stats/stat_cells.h"

namespace sluice {

class CellSpace {
 public:
  enum class Sort : uint8_t { kScalars, kHistograms };

  void AddThread(StatCells& cells);
  // The first of so many cells in a row, all at 0; 0 where there are no more. At most
  // StatCells::kChunkCells.
  uint32_t Take(Sort sort, uint32_t count);
  // Nobody writes them any more.
  void Free(Sort sort, uint32_t first, uint32_t count);

  int64_t Sum(uint32_t index) const;
  bool AnyUsed(uint32_t index) const;

 private:
  // What is left of the chunk that cells of one sort are taken from, and what came back.
  struct Rest {
    uint32_t next = 0, end = 0;
    absl::flat_hash_map<uint32_t, std::vector<uint32_t>> free;  // by how many in a row
  };

  std::vector<StatCells*> threads_;
  // Cell 0 swallows what default-made handles write.
  uint32_t end_ = StatCells::kChunkCells;
  Rest rests_[2] = {{.next = 1, .end = StatCells::kChunkCells, .free = {}}, {}};
};

}  // namespace sluice
