#include "source/http/grpc_timeout.h"

namespace sluice {
namespace {

constexpr size_t kDigitsMax = 8;

std::optional<Duration> UnitOf(char unit) {
  switch (unit) {
    case 'H':
      return std::chrono::hours(1);
    case 'M':
      return std::chrono::minutes(1);
    case 'S':
      return std::chrono::seconds(1);
    case 'm':
      return std::chrono::milliseconds(1);
    case 'u':
      return std::chrono::microseconds(1);
    case 'n':
      return std::chrono::nanoseconds(1);
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<Duration> ParseGrpcTimeout(absl::string_view text) {
  if (text.size() < 2 || text.size() > kDigitsMax + 1) return std::nullopt;
  const std::optional<Duration> unit = UnitOf(text.back());
  if (!unit.has_value()) return std::nullopt;
  int64_t value = 0;
  for (const char c : text.substr(0, text.size() - 1)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  // 64 bits of nanoseconds hold no hundred million hours; what is longer than this is no limit.
  constexpr Duration kMost = std::chrono::hours(24 * 365 * 100);
  return value > kMost / *unit ? kMost : value * *unit;
}

}  // namespace sluice
