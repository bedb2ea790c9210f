#include "source/base/slab_pool.h"

#include <set>
#include <vector>

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(SlabPool, ABlockComesBackWithItsLastReference) {
  SlabPool pool;
  Block* block = pool.AcquireBlock();
  EXPECT_EQ(block->references, 1u);
  EXPECT_EQ(block->used, 0u);
  block->used = 5;
  ++block->references;
  pool.ReleaseBlock(block);
  EXPECT_EQ(pool.blocks_in_use(), 1u);
  pool.ReleaseBlock(block);
  EXPECT_EQ(pool.blocks_in_use(), 0u);
  EXPECT_EQ(pool.AcquireBlock(), block);
  EXPECT_EQ(block->used, 0u);
  pool.ReleaseBlock(block);
}

TEST(SlabPool, KeepsNoMoreThanItMay) {
  SlabPool pool(3 * Block::kSize + 1);
  std::vector<Block*> blocks;
  for (int i = 0; i < 5; ++i) blocks.push_back(pool.AcquireBlock());
  for (Block* block : blocks) pool.ReleaseBlock(block);
  EXPECT_EQ(pool.blocks_kept(), 3u);
}

TEST(SlabPool, SlicesAreDistinctAndReused) {
  SlabPool pool;
  std::set<Slice*> slices;
  for (int i = 0; i < 1000; ++i) {
    Slice* slice = pool.AcquireSlice();
    slice->next = nullptr;
    slice->block = nullptr;
    slice->begin = slice->end = 0;
    EXPECT_TRUE(slices.insert(slice).second);
  }
  for (Slice* slice : slices) pool.ReleaseSlice(slice);
  for (size_t i = 0; i < slices.size(); ++i) EXPECT_EQ(slices.count(pool.AcquireSlice()), 1u);
}

}  // namespace
}  // namespace sluice
