// RequestRate: how many requests a stream may send to its control plane: a bucket of tokens that
// fills in time (ApiConfigSource.rate_limit_settings). Pure: the time is handed in.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "source/base/units.h"

namespace sluice {

class RequestRate {
 public:
  struct Settings {
    uint32_t burst = 100;    // max_tokens
    double per_second = 10;  // fill_rate
  };
  explicit RequestRate(const Settings& settings) : settings_(settings), tokens_(settings.burst) {}

  // False: nothing may be sent yet.
  bool Take(MonotonicTime now) {
    Fill(now);
    if (tokens_ < 1) return false;
    --tokens_;
    return true;
  }
  // Until something may be sent again, from the last Take that failed on.
  Duration Wait() const {
    const double seconds = std::max(0.0, 1 - tokens_) / settings_.per_second;
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds)) +
           std::chrono::milliseconds(1);
  }

 private:
  void Fill(MonotonicTime now) {
    if (started_) {
      const std::chrono::duration<double> passed = now - filled_;
      tokens_ = std::min<double>(settings_.burst, tokens_ + passed.count() * settings_.per_second);
    }
    started_ = true;
    filled_ = now;
  }

  const Settings settings_;
  double tokens_;
  bool started_ = false;
  MonotonicTime filled_{};
};

}  // namespace sluice
