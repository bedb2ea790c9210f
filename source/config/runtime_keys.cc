#include "source/config/runtime_keys.h"

#include <utility>

namespace sluice {
namespace {

void Write(const RuntimeValue* value, RuntimeSlot& slot) {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  constexpr double kNotSet = std::numeric_limits<double>::quiet_NaN();
  slot.number.store(value == nullptr ? kNotSet : value->number.value_or(kNotSet), kRelaxed);
  const bool has_fraction = value != nullptr && value->parts_per_million.has_value();
  slot.parts_per_million.store(
      has_fraction ? static_cast<int32_t>(*value->parts_per_million) : RuntimeSlot::kNoFraction,
      kRelaxed);
}

}  // namespace

std::shared_ptr<const RuntimeSlot> RuntimeKeys::Slot(const std::string& key) {
  if (key.empty()) return nullptr;
  const auto known = entries_.find(key);
  if (known != entries_.end()) return known->second.slot;
  auto slot = std::make_shared<RuntimeSlot>();
  slot->key = key;
  const auto value = values_.find(key);
  if (value != values_.end()) Write(&value->second, *slot);
  entries_[key] = {slot, slot.get()};
  if (entries_.size() >= sweep_at_) Sweep();
  return slot;
}

// Forgets the keys of configuration that is no more.
void RuntimeKeys::Sweep() {
  absl::erase_if(entries_, [](const auto& entry) { return entry.second.slot.use_count() == 1; });
  sweep_at_ = 2 * entries_.size() + 64;
}

bool RuntimeKeys::IsRead(absl::string_view key) const {
  const auto at = entries_.find(key);
  return at != entries_.end() && at->second.slot.use_count() > 1;
}

void RuntimeKeys::Set(RuntimeValues values) {
  values_ = std::move(values);
  for (auto& [key, entry] : entries_) {
    const auto value = values_.find(key);
    Write(value == values_.end() ? nullptr : &value->second, *entry.to_write);
  }
}

}  // namespace sluice
