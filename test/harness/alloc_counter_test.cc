#include "test/harness/alloc_counter.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>

namespace sluice {
namespace {

// The compiler may not leave out an allocation whose address escapes.
void Escape(void* memory) { asm volatile("" : : "g"(memory) : "memory"); }

TEST(AllocCounter, CountsNewAndMalloc) {
  const AllocCounter counter;
  EXPECT_EQ(counter.count(), 0);
  auto one = std::make_unique<int>(1);
  Escape(one.get());
  EXPECT_EQ(counter.count(), 1);
  void* two = std::malloc(10);
  Escape(two);
  EXPECT_EQ(counter.count(), 2);
  std::free(two);
  one.reset();
  EXPECT_EQ(counter.count(), 2);
  std::string three(1000, 'x');
  Escape(three.data());
  EXPECT_EQ(counter.count(), 3);
  struct alignas(64) Wide {
    char bytes[64];
  };
  auto four = std::make_unique<Wide>();
  Escape(four.get());
  EXPECT_EQ(counter.count(), 4);
}

TEST(AllocCounter, NothingIsCountedWhereNothingIsAllocated) {
  const AllocCounter counter;
  int sum = 0;
  for (int i = 0; i < 100; ++i) sum += i;
  Escape(&sum);
  EXPECT_EQ(counter.count(), 0);
}

}  // namespace
}  // namespace sluice
