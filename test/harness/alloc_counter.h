// AllocCounter: how often this process has asked for heap memory (malloc and all that comes down to
// it, operator new among it), for test/budget. All threads together; works under the sanitizers,
// too.
#pragma once

#include <cstdint>

namespace sluice {

uint64_t AllocationsSoFar();

// `AllocCounter counter; ...; EXPECT_EQ(counter.count(), 0)`.
class AllocCounter {
 public:
  uint64_t count() const { return AllocationsSoFar() - start_; }

 private:
  const uint64_t start_ = AllocationsSoFar();
};

}  // namespace sluice
