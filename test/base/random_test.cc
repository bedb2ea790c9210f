#include "source/base/random.h"

#include <array>
#include <set>

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(FastRandom, SameSeedSameNumbers) {
  FastRandom a(1), b(1), c(2);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const uint64_t number = a.Next();
    EXPECT_EQ(number, b.Next());
    differs |= number != c.Next();
  }
  EXPECT_TRUE(differs);
}

TEST(FastRandom, TwoFromTheSystemDiffer) {
  FastRandom a, b;
  EXPECT_FALSE(a.Next() == b.Next() && a.Next() == b.Next());
}

TEST(FastRandom, SameSeedSameSecrets) {
  FastRandom a(1), b(1), c(2);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const uint32_t secret = a.NextSecret();
    EXPECT_EQ(secret, b.NextSecret());
    differs |= secret != c.NextSecret();
  }
  EXPECT_TRUE(differs);
}

// Whoever knows the state knows the numbers.
TEST(FastRandom, SecretsOfTheSystemDoNotFollowFromTheNumbers) {
  FastRandom known;
  FastRandom copy = known;
  EXPECT_EQ(known.Next(), copy.Next());
  std::set<uint32_t> seen;
  for (int i = 0; i < 200; ++i) {
    seen.insert(known.NextSecret());
    seen.insert(copy.NextSecret());
  }
  EXPECT_GT(seen.size(), 390u) << "two may meet by chance";
  EXPECT_EQ(known.Next(), copy.Next());
}

TEST(FastRandom, BelowIsUniform) {
  FastRandom random(3);
  std::array<int, 10> hits{};
  for (int i = 0; i < 100'000; ++i) {
    const uint64_t n = random.Below(hits.size());
    ASSERT_LT(n, hits.size());
    ++hits[n];
  }
  for (int n : hits) EXPECT_NEAR(n, 10'000, 500);
  EXPECT_EQ(random.Below(1), 0u);
}

}  // namespace
}  // namespace sluice
