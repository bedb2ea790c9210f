// Fraction: some of the requests, in parts per million (RuntimeFractionalPercent of Envoy's API).
// Where it has a runtime key, what that is set to takes its place. A value.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "source/config/runtime_value.h"

namespace sluice {

struct Fraction {
  uint32_t parts_per_million = 0;
  std::string runtime_key = {};
  // What a plain number of the runtime counts: percent, unless said otherwise.
  uint32_t runtime_unit = 10'000;
  std::shared_ptr<const RuntimeSlot> runtime = nullptr;

  const std::string& key() const { return runtime_key; }
  void Bind(std::shared_ptr<const RuntimeSlot> slot) { runtime = std::move(slot); }

  // The same `random_value` gives the same answer, as long as the fraction is the same.
  bool Includes(uint64_t random_value) const {
    return random_value % kMillion < (runtime == nullptr ? parts_per_million : PartsNow());
  }

 private:
  static constexpr uint32_t kMillion = 1'000'000;

  uint32_t PartsNow() const {
    const int32_t fraction = runtime->parts_per_million.load(std::memory_order_relaxed);
    if (fraction >= 0) return static_cast<uint32_t>(fraction);
    const double number = runtime->number.load(std::memory_order_relaxed);
    if (!(number >= 0)) return parts_per_million;
    return static_cast<uint32_t>(std::min<double>(number * runtime_unit, kMillion));
  }
};

}  // namespace sluice
