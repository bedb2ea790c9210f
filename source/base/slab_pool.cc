#include "source/base/slab_pool.h"

#include <new>

#include "source/base/check.h"

namespace sluice {

struct SlabPool::SliceBatch {
  static constexpr size_t kSlices = 170;  // about 4 KiB
  SliceBatch* next;
  Slice slices[kSlices];
};

SlabPool::SlabPool(size_t kept_bytes_max) : kept_blocks_max_(kept_bytes_max / Block::kSize) {}

SlabPool::~SlabPool() {
  SLUICE_DCHECK(blocks_in_use_ == 0);
  while (free_blocks_ != nullptr) {
    Block* next = free_blocks_->next_free;
    ASAN_UNPOISON_MEMORY_REGION(free_blocks_->data(), Block::capacity());
    ::operator delete(free_blocks_);
    free_blocks_ = next;
  }
  while (slice_batches_ != nullptr) {
    SliceBatch* next = slice_batches_->next;
    ASAN_UNPOISON_MEMORY_REGION(slice_batches_, sizeof(SliceBatch));
    delete slice_batches_;
    slice_batches_ = next;
  }
}

Block* SlabPool::BlockFromHeap() { return static_cast<Block*>(::operator new(Block::kSize)); }

void SlabPool::BlockToHeap(Block* block) { ::operator delete(block); }

void SlabPool::AddSlices() {
  SliceBatch* batch = new SliceBatch;
  batch->next = slice_batches_;
  slice_batches_ = batch;
  // In order of address: slices that are taken one after the other share cache lines.
  for (size_t i = SliceBatch::kSlices; i > 0; --i) ReleaseSlice(&batch->slices[i - 1]);
}

}  // namespace sluice
