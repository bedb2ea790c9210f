// FilterSettings: what a route says to one filter of the chain (typed_per_filter_config of Envoy's
// API). Const values, part of a RouteTable; any thread. Who reads them from a configuration is the
// filter's extension, by a FilterSettingsParser.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"

namespace google::protobuf {
class Message;
}

namespace sluice {

class FieldScope;
class RuntimeKeys;

// The name of a configured filter, made to be compared: routes and chains come apart, and what they
// share is the name.
class FilterKey {
 public:
  explicit FilterKey(absl::string_view name) : name_(name), hash_(absl::HashOf(name)) {}
  bool operator==(const FilterKey& other) const {
    return hash_ == other.hash_ && name_ == other.name_;
  }

 private:
  std::string name_;
  size_t hash_;
};

// A value of whatever type a filter has made for itself, or none.
class FilterValue {
 public:
  FilterValue() = default;
  template <class T>
  static FilterValue Of(std::shared_ptr<const T> value) {
    FilterValue made;
    made.value_ = std::move(value);
    made.type_ = &kTypeMark<T>;
    return made;
  }
  // Null: there is none, or it is another filter's.
  template <class T>
  const T* As() const {
    return type_ == &kTypeMark<T> ? static_cast<const T*>(value_.get()) : nullptr;
  }

 private:
  template <class T>
  static constexpr char kTypeMark = 0;  // its address is the type
  std::shared_ptr<const void> value_;
  const void* type_ = nullptr;
};

struct FilterSettings {
  FilterKey filter;
  bool disabled = false;  // the filter is not asked about these requests
  FilterValue value;
};

// Null: nothing is said to any filter.
using FilterSettingsList = std::shared_ptr<const std::vector<FilterSettings>>;

inline const FilterSettings* FindSettings(const std::vector<FilterSettings>* list,
                                          const FilterKey& filter) {
  if (list == nullptr) return nullptr;
  for (const FilterSettings& settings : *list) {
    if (settings.filter == filter) return &settings;
  }
  return nullptr;
}

// Main thread. The message is of the type it was registered for; errors go to the scope. Fractions
// may be bound to `runtime`; null: nothing sets any key.
using FilterSettingsParser = std::function<FilterValue(
    const google::protobuf::Message& config, RuntimeKeys* runtime, const FieldScope& scope)>;
// By the full name of the message.
using FilterSettingsParsers = absl::btree_map<std::string, FilterSettingsParser>;

}  // namespace sluice
