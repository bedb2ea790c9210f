// StatCells: one thread's cells for all counters and gauges. Written by its thread alone with plain
// stores, read by the admin's with relaxed loads: no shared cache line, no locked instruction.
//
// Cells live in chunks that never move, so a reader needs no lock. The registry grows every
// worker's chunks, from the main thread, before it hands out an index that lies in them. A chunk is
// address space: a page of it that nobody has written takes no memory.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace sluice {

class StatCells {
 public:
  static constexpr uint32_t kChunkCells = 32 * 1024;
  static constexpr uint32_t kChunksMax = 2048;
  static constexpr uint32_t kCellsMax = kChunkCells * kChunksMax;  // 64 Mi

  StatCells();
  ~StatCells();
  StatCells(const StatCells&) = delete;
  StatCells& operator=(const StatCells&) = delete;

  // A cell holds twice its value, and one more once it has been written: that a gauge which is back
  // at 0 has been used is known without a second store. Values are of 63 bits.
  void Add(uint32_t index, int64_t n) {
    const std::atomic_ref<int64_t> cell = Cell(index);
    const uint64_t twice = static_cast<uint64_t>(n) << 1;
    cell.store(static_cast<int64_t>(
                   (static_cast<uint64_t>(cell.load(std::memory_order_relaxed)) + twice) | 1),
               std::memory_order_relaxed);
  }
  int64_t Get(uint32_t index) const { return Raw(index) >> 1; }
  // Whether anything, be it 0, was ever added.
  bool used(uint32_t index) const { return (Raw(index) & 1) != 0; }

  // Main thread: makes room for cells 0 .. count-1.
  void Grow(uint32_t count);
  // Main thread: to unused; of a cell that its thread does not write any more.
  void Clear(uint32_t index) {
    if (Raw(index) != 0) Cell(index).store(0, std::memory_order_relaxed);
  }

 private:
  std::atomic_ref<int64_t> Cell(uint32_t index) const {
    int64_t* const chunk = chunks_[index / kChunkCells].load(std::memory_order_acquire);
    return std::atomic_ref<int64_t>(chunk[index % kChunkCells]);
  }
  int64_t Raw(uint32_t index) const { return Cell(index).load(std::memory_order_relaxed); }

  const std::unique_ptr<std::atomic<int64_t*>[]> chunks_;  // of kChunkCells each
  uint32_t chunk_count_ = 0;                               // main thread
};

}  // namespace sluice
