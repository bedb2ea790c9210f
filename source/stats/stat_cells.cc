#include "source/stats/stat_cells.h"

#include "source/base/check.h"

namespace sluice {

// Cell 0 exists from the start: it swallows what default-made handles write.
StatCells::StatCells() : chunks_(new std::atomic<Chunk*>[kChunksMax]()) { Grow(1); }

StatCells::~StatCells() {
  for (uint32_t i = 0; i < chunk_count_; ++i) delete chunks_[i].load(std::memory_order_relaxed);
}

void StatCells::Grow(uint32_t count) {
  SLUICE_CHECK(count <= kChunkCells * kChunksMax);
  while (chunk_count_ * kChunkCells < count) {
    chunks_[chunk_count_++].store(new Chunk(), std::memory_order_release);
  }
}

}  // namespace sluice
