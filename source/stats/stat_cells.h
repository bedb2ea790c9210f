// StatCells: one thread's cells for all counters and gauges. Written by its thread alone with plain
// stores, read by the admin's with relaxed loads: no shared cache line, no locked instruction.
//
// Cells live in chunks that never move, so a reader needs no lock. The registry grows every
// worker's chunks, from the main thread, before it hands out an index that lies in them.
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

  // A cell holds twice its value, and one more once it has been written: that a gauge which is back
  // at 0 has been used is known without a second store. Values are of 63 bits.
  void Add(uint32_t index, int64_t n) {
    std::atomic<int64_t>& cell = Cell(index);
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

 private:
  using Chunk = std::array<std::atomic<int64_t>, kChunkCells>;
  std::atomic<int64_t>& Cell(uint32_t index) const {
    return (*chunks_[index / kChunkCells].load(std::memory_order_acquire))[index % kChunkCells];
  }
  int64_t Raw(uint32_t index) const { return Cell(index).load(std::memory_order_relaxed); }

  std::unique_ptr<std::atomic<Chunk*>[]> chunks_;
  uint32_t chunk_count_ = 0;  // main thread
};

}  // namespace sluice
