#include "source/stats/stat_cells.h"

#include <sys/mman.h>

#include "source/base/check.h"

namespace sluice {
namespace {

constexpr size_t kChunkBytes = StatCells::kChunkCells * sizeof(int64_t);

}  // namespace

// Cell 0 exists from the start: it swallows what default-made handles write.
StatCells::StatCells() : chunks_(new std::atomic<int64_t*>[kChunksMax]()) { Grow(1); }

StatCells::~StatCells() {
  for (uint32_t i = 0; i < chunk_count_; ++i) {
    munmap(chunks_[i].load(std::memory_order_relaxed), kChunkBytes);
  }
}

void StatCells::Grow(uint32_t count) {
  SLUICE_CHECK(count <= kCellsMax);
  while (chunk_count_ * kChunkCells < count) {
    // Its pages are there, as zeros, once they are written: so the cells of an idle cluster are
    // not.
    void* const pages = mmap(nullptr, kChunkBytes, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS, /*fd=*/-1, /*offset=*/0);
    SLUICE_CHECK(pages != MAP_FAILED);
    chunks_[chunk_count_++].store(static_cast<int64_t*>(pages), std::memory_order_release);
  }
}

}  // namespace sluice
