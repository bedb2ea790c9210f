#include "source/http/date.h"

#include <chrono>
#include <cstring>

namespace sluice {
namespace {

constexpr char kDays[] = "SunMonTueWedThuFriSat";
constexpr char kMonths[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

void PutTwo(unsigned value, char* to) {
  to[0] = static_cast<char>('0' + value / 10 % 10);
  to[1] = static_cast<char>('0' + value % 10);
}

}  // namespace

void FormatHttpDate(int64_t unix_seconds, char* to) {
  const std::chrono::sys_seconds time{std::chrono::seconds(unix_seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::weekday weekday(day);
  const auto of_day = static_cast<unsigned>((time - day).count());
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  std::memcpy(to, "Day, 00 Mon 0000 00:00:00 GMT", kHttpDateSize);
  std::memcpy(to, kDays + 3 * weekday.c_encoding(), 3);
  PutTwo(static_cast<unsigned>(date.day()), to + 5);
  std::memcpy(to + 8, kMonths + 3 * (static_cast<unsigned>(date.month()) - 1), 3);
  PutTwo(year / 100, to + 12);
  PutTwo(year % 100, to + 14);
  PutTwo(of_day / 3600, to + 17);
  PutTwo(of_day / 60 % 60, to + 20);
  PutTwo(of_day % 60, to + 23);
}

}  // namespace sluice
