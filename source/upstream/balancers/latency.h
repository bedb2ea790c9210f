// What peak EWMA balancing remembers of a host's answers: how long they took, lately, and when that
// was last brought up to date. Packed into the 64 bits of Host::latency, so that workers can write
// it without a lock: of two answers at the same moment one may be forgotten.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "source/base/units.h"
#include "source/upstream/balancer_spec.h"
#include "source/upstream/host.h"

namespace sluice {

class Latency {
 public:
  // Of what Host::latency holds: 0: no answer yet.
  static Latency Unpack(uint64_t packed) {
    Latency latency;
    latency.micros_ = std::bit_cast<float>(static_cast<uint32_t>(packed >> 32));
    latency.at_ms_ = static_cast<uint32_t>(packed);
    return latency;
  }
  uint64_t Pack() const { return uint64_t{std::bit_cast<uint32_t>(micros_)} << 32 | at_ms_; }

  bool known() const { return micros_ > 0; }
  // In microseconds, faded to `now`: a host that was slow is asked again some time.
  float At(MonotonicTime now, Duration decay) const { return micros_ * Faded(now, decay); }

  // An answer took so long: a slower one counts at once and whole, a faster one bit by bit.
  void Note(Duration took, MonotonicTime now, Duration decay) {
    const float sample = std::max(1.0f, static_cast<float>(took.count()) / 1000.0f);
    if (!known() || sample >= micros_) {
      micros_ = sample;
    } else {
      const float old = Faded(now, decay);
      micros_ = micros_ * old + sample * (1.0f - old);
    }
    at_ms_ = Millis(now);
  }

 private:
  // Time may wrap around after 49 days; only differences mean something.
  static uint32_t Millis(MonotonicTime time) {
    return static_cast<uint32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count());
  }
  float Faded(MonotonicTime now, Duration decay) const {
    const auto age = static_cast<int32_t>(Millis(now) - at_ms_);
    if (age <= 0) return 1.0f;
    return std::exp(-static_cast<float>(age) * 1e6f / static_cast<float>(decay.count()));
  }

  float micros_ = 0;
  uint32_t at_ms_ = 0;
};

// A host has begun to answer.
inline void NoteLatency(Host& host, const PeakEwmaSpec& spec, Duration took, MonotonicTime now) {
  Latency latency = Latency::Unpack(host.latency.load(std::memory_order_relaxed));
  latency.Note(took, now, spec.decay);
  host.latency.store(latency.Pack(), std::memory_order_relaxed);
}

}  // namespace sluice
