#include "source/base/random.h"

#include <sys/random.h>

#include <bit>
#include <utility>

#include "source/base/check.h"

namespace sluice {
namespace {

// splitmix64: spreads a seed of any quality over the whole state, which must not be all zero.
uint64_t NextOfSeed(uint64_t& seed) {
  seed += 0x9e3779b97f4a7c15;
  uint64_t z = seed;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

uint64_t SeedFromSystem() {
  uint64_t seed = 0;
  SLUICE_CHECK(getrandom(&seed, sizeof(seed), 0) == sizeof(seed));
  return seed;
}

}  // namespace

FastRandom::FastRandom() : FastRandom(SeedFromSystem()) { by_hand_ = false; }

FastRandom::FastRandom(uint64_t seed) {
  for (uint64_t& word : state_) word = NextOfSeed(seed);
}

uint64_t FastRandom::Next() {
  const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

uint32_t FastRandom::NextSecret() {
  if (by_hand_) return Random::NextSecret();
  if (secrets_left_ == 0) {
    // Up to 256 bytes come whole or not at all: getrandom(2).
    static_assert(sizeof(secrets_) <= 256);
    SLUICE_CHECK(getrandom(secrets_.data(), sizeof(secrets_), 0) == sizeof(secrets_));
    secrets_left_ = secrets_.size();
  }
  return std::exchange(secrets_[--secrets_left_], 0);
}

}  // namespace sluice
