// RuntimeKeys: which runtime keys somebody reads, and what they are set to. Who sets them is
// control/runtime_layers.h; who reads one holds its slot, whose value changes under it.
//
// Main thread, but for the slots.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "source/config/runtime_value.h"

namespace sluice {

struct RuntimeValue {
  std::string text;  // as it was set
  std::optional<double> number;
  std::optional<uint32_t> parts_per_million;
};

// In order of key.
using RuntimeValues = absl::btree_map<std::string, RuntimeValue>;

class RuntimeKeys {
 public:
  // Null for an empty key.
  std::shared_ptr<const RuntimeSlot> Slot(const std::string& key);
  // Whether anything that is configured now looks at it.
  bool IsRead(absl::string_view key) const;
  // All there are: what is not among them is as its reader's configuration says.
  void Set(RuntimeValues values);
  const RuntimeValues& values() const { return values_; }

 private:
  struct Entry {
    std::shared_ptr<const RuntimeSlot> slot;
    RuntimeSlot* to_write;  // the same
  };
  void Sweep();

  RuntimeValues values_;
  absl::flat_hash_map<std::string, Entry> entries_;
  size_t sweep_at_ = 64;  // so many slots
};

// Where something may be set by a runtime: null where there is none.
template <class Value>
void BindRuntime(RuntimeKeys* keys, Value& value) {
  if (keys != nullptr) value.Bind(keys->Slot(value.key()));
}

}  // namespace sluice
