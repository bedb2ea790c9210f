// TimeFormat: how START_TIME and its kin print a point of time: a strftime pattern with Envoy's
// additions (%s seconds since the epoch, %f and %1f..%9f fractions of a second), compiled once.
// UTC.
//
// A const value, shared by all workers. Append allocates nothing once `out` has grown.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "source/base/units.h"
#include "source/config/field_scope.h"

namespace sluice {

class TimeFormat {
 public:
  // "2026-11-21T04:10:00.123Z".
  TimeFormat();
  // Reports an unknown conversion to `scope`.
  static std::optional<TimeFormat> Parse(absl::string_view pattern, const FieldScope& scope);

  void Append(WallTime time, std::string& out) const;

 private:
  struct Piece {
    char conversion;     // 0: `text` as it is
    uint8_t digits = 0;  // of a fraction
    std::string text;
  };
  explicit TimeFormat(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {}
  std::vector<Piece> pieces_;
};

}  // namespace sluice
