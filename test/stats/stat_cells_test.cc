#include "source/stats/stat_cells.h"

#include <limits>

#include "gtest/gtest.h"
#include "source/stats/counter.h"

namespace sluice {
namespace {

TEST(StatCells, StartUnusedAtZero) {
  StatCells cells;
  cells.Grow(StatCells::kChunkCells + 1);
  for (uint32_t i : {0u, 1u, StatCells::kChunkCells - 1, StatCells::kChunkCells}) {
    EXPECT_EQ(cells.Get(i), 0);
    EXPECT_FALSE(cells.used(i));
  }
}

TEST(StatCells, HoldSignedValuesAndRememberUse) {
  StatCells cells;
  cells.Grow(4);
  cells.Add(1, 5);
  cells.Add(1, -7);
  EXPECT_EQ(cells.Get(1), -2);
  cells.Add(1, 2);
  EXPECT_EQ(cells.Get(1), 0);
  EXPECT_TRUE(cells.used(1));
  EXPECT_FALSE(cells.used(2));
  const int64_t largest = std::numeric_limits<int64_t>::max() / 2;
  cells.Add(2, largest);
  EXPECT_EQ(cells.Get(2), largest);
  cells.Add(3, -largest);
  EXPECT_EQ(cells.Get(3), -largest);
}

TEST(StatCells, GrowingKeepsValues) {
  StatCells cells;
  cells.Grow(10);
  cells.Add(9, 3);
  cells.Grow(5 * StatCells::kChunkCells);
  EXPECT_EQ(cells.Get(9), 3);
  cells.Add(5 * StatCells::kChunkCells - 1, 1);
  EXPECT_EQ(cells.Get(5 * StatCells::kChunkCells - 1), 1);
}

TEST(StatCells, AClearedOneIsAsIfNobodyHadEverWrittenIt) {
  StatCells cells;
  cells.Add(3, 5);
  cells.Clear(3);
  EXPECT_EQ(cells.Get(3), 0);
  EXPECT_FALSE(cells.used(3));
}

TEST(StatCells, ADefaultHandleWritesIntoNothing) {
  StatCells cells;
  Counter().Add(cells);
  Gauge().Set(cells, 4);
  SUCCEED() << "and touches no memory that is not there";
}

TEST(StatCells, GaugeSetsAndMoves) {
  StatCells cells;
  cells.Grow(2);
  const Gauge gauge(1);
  gauge.Set(cells, 10);
  gauge.Add(cells);
  gauge.Subtract(cells, 4);
  EXPECT_EQ(cells.Get(1), 7);
  gauge.Set(cells, 2);
  EXPECT_EQ(cells.Get(1), 2);
}

}  // namespace
}  // namespace sluice
