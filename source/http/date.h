// Date: HTTP dates (IMF-fixdate, RFC 9110 section 5.6.7). DateText is kept by one worker and
// formats once a second; it reads no clock.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "source/base/units.h"

namespace sluice {

inline constexpr size_t kHttpDateSize = 29;

// Writes kHttpDateSize bytes, "Sun, 06 Nov 1994 08:49:37 GMT". Years 0 to 9999.
void FormatHttpDate(int64_t unix_seconds, char* to);

class DateText {
 public:
  // Valid until the next call with another second.
  absl::string_view At(WallTime now) {
    const int64_t second = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
    if (second != second_) {
      FormatHttpDate(second, text_);
      second_ = second;
    }
    return {text_, kHttpDateSize};
  }

 private:
  int64_t second_ = INT64_MIN;
  char text_[kHttpDateSize];
};

}  // namespace sluice
