// SharedValue: a const value that is mostly not there: a shared pointer that compares what it
// points to.
#pragma once

#include <memory>
#include <utility>

namespace sluice {

template <class T>
class SharedValue {
 public:
  SharedValue() = default;
  explicit SharedValue(T value) : value_(std::make_shared<const T>(std::move(value))) {}
  const T* get() const { return value_.get(); }
  friend bool operator==(const SharedValue& a, const SharedValue& b) {
    if (a.value_ == b.value_) return true;
    return a.value_ != nullptr && b.value_ != nullptr && *a.value_ == *b.value_;
  }

 private:
  std::shared_ptr<const T> value_;
};

}  // namespace sluice
