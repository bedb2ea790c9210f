#include "source/base/arena.h"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(Arena, GivesDisjointAlignedMemory) {
  Arena arena(64);
  std::set<char*> seen;
  for (size_t i = 1; i < 300; ++i) {
    const size_t alignment = size_t{1} << (i % 5);
    char* at = static_cast<char*>(arena.Allocate(i, alignment));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(at) % alignment, 0u);
    std::memset(at, static_cast<int>(i), i);  // the address sanitizer sees an overlap with the heap
    for (char* other : seen) EXPECT_NE(at, other);
    seen.insert(at);
  }
}

TEST(Arena, EarlierPiecesKeepTheirBytes) {
  Arena arena(128);
  std::vector<absl::string_view> copies;
  std::vector<std::string> model;
  for (int i = 0; i < 200; ++i) {
    model.push_back(std::string(static_cast<size_t>(i * 7 % 90), static_cast<char>('a' + i % 26)));
    copies.push_back(arena.Copy(model.back()));
  }
  for (size_t i = 0; i < model.size(); ++i) EXPECT_EQ(copies[i], model[i]);
}

TEST(Arena, TakesNothingBeforeItIsAsked) {
  Arena arena(256);
  EXPECT_EQ(arena.allocated_bytes(), 0u);
  arena.Allocate(1);
  EXPECT_EQ(arena.allocated_bytes(), 256u);
}

TEST(Arena, ResetKeepsOneChunkUnlessToldOtherwise) {
  Arena arena(256);
  void* first = arena.Allocate(16);
  arena.Allocate(1000);
  EXPECT_GT(arena.allocated_bytes(), 1256u);
  arena.Reset();
  EXPECT_EQ(arena.allocated_bytes(), 256u);
  EXPECT_EQ(arena.Allocate(16), first);
}

TEST(Arena, FillsItsChunkBeforeItTakesAnother) {
  Arena arena(256);
  for (int i = 0; i < 15; ++i) arena.Allocate(16, 16);  // the chunk's own head is one more
  EXPECT_EQ(arena.allocated_bytes(), 256u);
  arena.Allocate(1, 1);
  EXPECT_EQ(arena.allocated_bytes(), 512u);
}

TEST(Arena, ALargePieceLeavesTheCurrentChunkInUse) {
  Arena arena(256);
  char* before = static_cast<char*>(arena.Allocate(16, 16));
  arena.Allocate(4096);
  EXPECT_EQ(static_cast<char*>(arena.Allocate(16, 16)), before + 16);
}

TEST(Arena, KeepsAsManySpareChunksAsItWasTold) {
  Arena arena(256, 3);
  const auto fill = [&arena] {
    for (int i = 0; i < 20; ++i) arena.Allocate(64, 16);
  };
  fill();
  EXPECT_GT(arena.allocated_bytes(), 3 * 256u);
  arena.Reset();
  EXPECT_EQ(arena.allocated_bytes(), 3 * 256u);
  for (int i = 0; i < 8; ++i) arena.Allocate(64, 16);
  EXPECT_EQ(arena.allocated_bytes(), 3 * 256u) << "nothing new";
  arena.Reset();
  arena.FreeSpareChunks();
  EXPECT_EQ(arena.allocated_bytes(), 0u);
  fill();
}

TEST(Arena, ReleaseKeepsNothing) {
  Arena arena(256, 3);
  for (int i = 0; i < 20; ++i) arena.Allocate(64, 16);
  arena.Release();
  EXPECT_EQ(arena.allocated_bytes(), 0u);
  EXPECT_EQ(arena.Copy("again"), "again");
}

TEST(Arena, EmptyCopyTakesNothing) {
  Arena arena(64);
  EXPECT_TRUE(arena.Copy("").empty());
  EXPECT_EQ(arena.allocated_bytes(), 0u);
}

struct Counted {
  explicit Counted(int& alive) : alive(alive) { ++alive; }
  ~Counted() { --alive; }
  int& alive;
};

TEST(Arena, ArenaPtrRunsTheDestructor) {
  Arena arena;
  int alive = 0;
  {
    ArenaPtr<Counted> counted(arena.New<Counted>(alive));
    EXPECT_EQ(alive, 1);
  }
  EXPECT_EQ(alive, 0);
}

}  // namespace
}  // namespace sluice
