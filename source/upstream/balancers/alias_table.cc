#include "source/upstream/balancers/alias_table.h"

#include <limits>
#include <numeric>

namespace sluice {
namespace {

// `part` of 2^64. What is as good as 1 is all of it.
uint64_t PartOf64Bits(double part) {
  constexpr double kAll = 18446744073709551616.0;
  return part >= 1.0 ? std::numeric_limits<uint64_t>::max() : static_cast<uint64_t>(part * kAll);
}

}  // namespace

AliasTable::AliasTable(absl::Span<const double> weights) : columns_(weights.size()) {
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  const auto count = static_cast<double>(weights.size());
  std::vector<double> height(weights.size());
  std::vector<uint32_t> low, high;
  for (uint32_t i = 0; i < weights.size(); ++i) {
    height[i] = weights[i] * count / sum;
    (height[i] < 1.0 ? low : high).push_back(i);
  }
  // Each low column is filled up by a high one, which may become low itself.
  while (!low.empty() && !high.empty()) {
    const uint32_t filled = low.back(), giver = high.back();
    low.pop_back();
    columns_[filled] = {PartOf64Bits(height[filled]), giver};
    height[giver] -= 1.0 - height[filled];
    if (height[giver] >= 1.0) continue;
    high.pop_back();
    low.push_back(giver);
  }
  // What is left is whole but for rounding.
  for (const uint32_t i : low) columns_[i] = {PartOf64Bits(1.0), i};
  for (const uint32_t i : high) columns_[i] = {PartOf64Bits(1.0), i};
}

}  // namespace sluice
