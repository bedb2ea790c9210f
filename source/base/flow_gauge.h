// FlowGauge: counts the bytes that wait in one direction of one stream, and pauses and resumes the
// source of that direction. The only back-pressure mechanism of the house.
//
// One worker. Pauses when more than `bytes_max` wait, resumes when at most half of it is left, so
// that a slow reader does not toggle its source at every byte. Pause and Resume strictly alternate.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "source/base/check.h"

namespace sluice {

// Where bytes of one direction come from: a codec's stream, a connection, a filter's slot.
class FlowSource {
 public:
  virtual void PauseReading() = 0;
  virtual void ResumeReading() = 0;

 protected:
  ~FlowSource() = default;
};

class FlowGauge {
 public:
  // No limit is configured in more than 32 bits.
  explicit FlowGauge(size_t bytes_max)
      : bytes_max_(static_cast<uint32_t>(std::min<size_t>(bytes_max, UINT32_MAX))) {}

  // The source must outlive the gauge or be taken away with null. A paused source that is taken
  // away is not resumed; one that is set while the gauge is over its limit is paused.
  void SetSource(FlowSource* source) {
    source_ = source;
    paused_ = false;
    Check();
  }
  void Add(size_t bytes) {
    waiting_ += bytes;
    Check();
  }
  void Subtract(size_t bytes) {
    SLUICE_DCHECK(bytes <= waiting_);
    waiting_ -= bytes;
    if (paused_ && waiting_ <= bytes_max_ / 2) {
      paused_ = false;
      source_->ResumeReading();
    }
  }
  size_t waiting_bytes() const { return waiting_; }
  size_t bytes_max() const { return bytes_max_; }
  bool paused() const { return paused_; }

 private:
  void Check() {
    if (paused_ || source_ == nullptr || waiting_ <= bytes_max_) return;
    paused_ = true;
    source_->PauseReading();
  }
  size_t waiting_ = 0;
  FlowSource* source_ = nullptr;
  uint32_t bytes_max_;
  bool paused_ = false;
};

}  // namespace sluice
