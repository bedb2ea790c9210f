// Random: where all randomness comes from; seeded in tests. One per worker, used on its thread.
#pragma once

#include <cstdint>

namespace sluice {

class Random {
 public:
  virtual ~Random() = default;
  virtual uint64_t Next() = 0;
  // Uniform in [0, bound), bound > 0.
  uint64_t Below(uint64_t bound) {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(Next()) * bound) >> 64);
  }
};

// xoshiro256**, not for secrets. Seeded from the operating system, or by hand in tests.
class FastRandom final : public Random {
 public:
  FastRandom();
  explicit FastRandom(uint64_t seed);
  uint64_t Next() override;

 private:
  uint64_t state_[4];
};

}  // namespace sluice
