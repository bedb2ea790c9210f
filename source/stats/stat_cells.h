// StatCells: one thread's cells for all counters and gauges. Written by its thread alone with plain
// stores, read by the admin's with relaxed loads: no shared cache line, no locked instruction.
//
// Cells live in chunks that never move, so a reader needs no lock. The registry grows every worker's
// chunks, from the main thread, before it hands out an index that lies in them.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

namespace sluice {

class StatCells {
 public:
  static constexpr uint32_t kChunkCells = 1024;
  static constexpr uint32_t kChunksMax = 4096;  // 4 Mi stats

  StatCells();
  ~StatCells();
  StatCells(const StatCells&) = delete;
  StatCells& operator=(const StatCells&) = delete;

  void Add(uint32_t index, int64_t n) {
    std::atomic<int64_t>& cell = Cell(index);
    cell.store(cell.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  int64_t Get(uint32_t index) const {
    return const_cast<StatCells*>(this)->Cell(index).load(std::memory_order_relaxed);
  }
  // Main thread: makes room for cells up to `count`.
  void Grow(uint32_t count);

 private:
  using Chunk = std::array<std::atomic<int64_t>, kChunkCells>;
  std::atomic<int64_t>& Cell(uint32_t index) {
    return (*chunks_[index / kChunkCells].load(std::memory_order_acquire))[index % kChunkCells];
  }
  std::unique_ptr<std::atomic<Chunk*>[]> chunks_;
};

}  // namespace sluice
