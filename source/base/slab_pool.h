// SlabPool: a worker's free lists of 16 KiB blocks and of the slice nodes that point into them.
//
// Lives on one worker; so do all buffers made from it. Blocks are counted without atomics. A block
// goes back to the free list when its last slice goes; the pool keeps at most `kept_bytes_max` of
// free blocks and returns the rest to the heap, so that a burst does not stay resident. Slice nodes
// are kept until the pool dies. Free blocks and slices are poisoned under AddressSanitizer.
#pragma once

#include <sanitizer/asan_interface.h>

#include <cstddef>
#include <cstdint>

#include "source/base/units.h"

namespace sluice {

struct Block {
  static constexpr size_t kSize = 16_KiB;  // of the whole block, this head included
  uint32_t references;
  uint32_t used;  // bytes of data() that some slice has claimed; appends go on from here
  Block* next_free;
  char* data() { return reinterpret_cast<char*>(this + 1); }
  static constexpr size_t capacity() { return kSize - sizeof(Block); }
};

// One piece of a block. Node of a buffer's singly linked list.
struct Slice {
  Slice* next;
  Block* block;
  uint32_t begin;
  uint32_t end;
  char* data() const { return block->data() + begin; }
  size_t size() const { return end - begin; }
};

class SlabPool {
 public:
  explicit SlabPool(size_t kept_bytes_max = 4_MiB);
  ~SlabPool();  // every buffer made from it must be empty or gone
  SlabPool(const SlabPool&) = delete;
  SlabPool& operator=(const SlabPool&) = delete;

  // references == 1, used == 0
  Block* AcquireBlock() {
    Block* block = free_blocks_;
    if (block != nullptr) {
      free_blocks_ = block->next_free;
      --free_block_count_;
      ASAN_UNPOISON_MEMORY_REGION(block->data(), Block::capacity());
    } else {
      block = BlockFromHeap();
    }
    ++blocks_in_use_;
    block->references = 1;
    block->used = 0;
    return block;
  }
  // Takes one reference away; the block goes with the last one.
  void ReleaseBlock(Block* block) {
    if (--block->references > 0) return;
    --blocks_in_use_;
    if (free_block_count_ >= kept_blocks_max_) return BlockToHeap(block);
    block->next_free = free_blocks_;
    free_blocks_ = block;
    ++free_block_count_;
    ASAN_POISON_MEMORY_REGION(block->data(), Block::capacity());
  }
  Slice* AcquireSlice() {
    if (free_slices_ == nullptr) AddSlices();
    Slice* slice = free_slices_;
    free_slices_ = slice->next;
    ASAN_UNPOISON_MEMORY_REGION(&slice->block, sizeof(Slice) - sizeof(slice->next));
    return slice;
  }
  // Does not touch its block.
  void ReleaseSlice(Slice* slice) {
    slice->next = free_slices_;
    free_slices_ = slice;
    ASAN_POISON_MEMORY_REGION(&slice->block, sizeof(Slice) - sizeof(slice->next));
  }

  size_t blocks_in_use() const { return blocks_in_use_; }
  size_t blocks_kept() const { return free_block_count_; }

 private:
  struct SliceBatch;
  static Block* BlockFromHeap();
  static void BlockToHeap(Block* block);
  void AddSlices();

  Block* free_blocks_ = nullptr;
  Slice* free_slices_ = nullptr;
  SliceBatch* slice_batches_ = nullptr;
  size_t free_block_count_ = 0;
  size_t blocks_in_use_ = 0;
  size_t kept_blocks_max_;
};

}  // namespace sluice
