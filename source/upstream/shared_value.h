// SharedValue: a const value that is mostly not there: one pointer to what all copies share, which
// compares by value. Copies may be on any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace sluice {

template <class T>
class SharedValue {
 public:
  SharedValue() = default;
  explicit SharedValue(T value) : shared_(new Shared{std::move(value)}) {}
  SharedValue(const SharedValue& other) : shared_(other.shared_) {
    if (shared_ != nullptr) shared_->users.fetch_add(1, std::memory_order_relaxed);
  }
  SharedValue(SharedValue&& other) noexcept : shared_(std::exchange(other.shared_, nullptr)) {}
  SharedValue& operator=(SharedValue other) noexcept {
    std::swap(shared_, other.shared_);
    return *this;
  }
  ~SharedValue() {
    if (shared_ != nullptr && shared_->users.fetch_sub(1, std::memory_order_acq_rel) == 1)
      delete shared_;
  }
  const T* get() const { return shared_ == nullptr ? nullptr : &shared_->value; }
  friend bool operator==(const SharedValue& a, const SharedValue& b) {
    if (a.shared_ == b.shared_) return true;
    return a.shared_ != nullptr && b.shared_ != nullptr && a.shared_->value == b.shared_->value;
  }

 private:
  struct Shared {
    const T value;
    std::atomic<uint32_t> users{1};
  };
  Shared* shared_ = nullptr;
};

}  // namespace sluice
