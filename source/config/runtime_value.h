// RuntimeNumber: a number of the configuration that the runtime (envoy's: keys that are set while
// the process runs) may override. RuntimeSlot: what the runtime says of one key.
//
// The main thread writes a slot, any thread reads it, each value by itself: who reads two keys may
// see one of them changed and the other not yet.
#pragma once

#include <atomic>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>

namespace sluice {

struct RuntimeSlot {
  std::string key;
  static constexpr int32_t kNoFraction = -1;
  // Not a number: it is not set to one.
  std::atomic<double> number{std::numeric_limits<double>::quiet_NaN()};
  // Where it is set to a numerator and a denominator, which is parts per million here.
  std::atomic<int32_t> parts_per_million{kNoFraction};
};

class RuntimeNumber {
 public:
  // Without a key it is always the default. What the runtime sets below `least` does not count.
  RuntimeNumber(double default_value, std::string key = "", double least = 0)  // NOLINT: a value
      : default_(default_value), least_(least) {
    if (key.empty()) return;
    auto slot = std::make_shared<RuntimeSlot>();
    slot->key = std::move(key);
    slot_ = std::move(slot);
  }

  // Empty: there is none.
  std::string key() const { return slot_ == nullptr ? std::string() : slot_->key; }
  void Bind(std::shared_ptr<const RuntimeSlot> slot) { slot_ = std::move(slot); }

  double value() const {
    if (slot_ == nullptr) return default_;
    const double set = slot_->number.load(std::memory_order_relaxed);
    return set >= least_ ? set : default_;  // nothing is true of what is not a number
  }
  operator double() const { return value(); }  // NOLINT: as `value`

 private:
  double default_;
  double least_;
  // Null: there is no key. One of its own, which nothing sets, until it is bound.
  std::shared_ptr<const RuntimeSlot> slot_;
};

}  // namespace sluice
