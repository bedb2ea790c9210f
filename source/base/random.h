// Random: where all randomness comes from; seeded in tests. One per worker, used on its thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace sluice {

class Random {
 public:
  virtual ~Random() = default;
  virtual uint64_t Next() = 0;
  // For what nobody may foresee, however many of the other numbers he has seen: masks and the like.
  virtual uint32_t NextSecret() { return static_cast<uint32_t>(Next() >> 32); }
  // Uniform in [0, bound), bound > 0.
  uint64_t Below(uint64_t bound) {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(Next()) * bound) >> 64);
  }
};

// xoshiro256**, of which a few numbers in a row tell all others. Seeded from the operating system,
// which then gives the secrets, some at a time; or by hand in tests, where all repeats.
class FastRandom final : public Random {
 public:
  FastRandom();
  explicit FastRandom(uint64_t seed);
  uint64_t Next() override;
  uint32_t NextSecret() override;

 private:
  uint64_t state_[4];
  bool by_hand_ = true;
  size_t secrets_left_ = 0;
  std::array<uint32_t, 64> secrets_{};
};

}  // namespace sluice
