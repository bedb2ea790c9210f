#include "source/stats/cell_space.h"

#include "source/base/check.h"

namespace sluice {

void CellSpace::AddThread(StatCells& cells) {
  cells.Grow(end_);
  threads_.push_back(&cells);
}

uint32_t CellSpace::Take(Sort sort, uint32_t count) {
  SLUICE_CHECK(count <= StatCells::kChunkCells);
  if (count == 0) return 0;
  Rest& rest = rests_[static_cast<size_t>(sort)];
  std::vector<uint32_t>& free = rest.free[count];
  if (!free.empty()) {
    const uint32_t first = free.back();
    free.pop_back();
    return first;
  }
  if (rest.end - rest.next < count) {
    if (end_ == StatCells::kCellsMax) return 0;
    rest.next = end_;
    end_ += StatCells::kChunkCells;
    rest.end = end_;
    for (StatCells* thread : threads_) thread->Grow(end_);
  }
  rest.next += count;
  return rest.next - count;
}

void CellSpace::Free(Sort sort, uint32_t first, uint32_t count) {
  if (first == 0) return;
  for (StatCells* thread : threads_) {
    for (uint32_t i = 0; i < count; ++i) thread->Clear(first + i);
  }
  rests_[static_cast<size_t>(sort)].free[count].push_back(first);
}

// What was written into nothing has no value.
int64_t CellSpace::Sum(uint32_t index) const {
  if (index == 0) return 0;
  int64_t sum = 0;
  for (const StatCells* thread : threads_) sum += thread->Get(index);
  return sum;
}

bool CellSpace::AnyUsed(uint32_t index) const {
  if (index == 0) return false;
  for (const StatCells* thread : threads_) {
    if (thread->used(index)) return true;
  }
  return false;
}

}  // namespace sluice
