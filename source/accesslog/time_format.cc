#include "source/accesslog/time_format.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

using std::chrono::duration_cast;
using std::chrono::seconds;

// A day of the proleptic Gregorian calendar and a time in it.
struct CivilTime {
  std::chrono::year_month_day date;
  unsigned weekday;  // 0: Sunday
  int day_of_year;   // 0: the first of January
  int hour, minute, second;
  int64_t since_epoch;
  uint32_t nanosecond;
};

CivilTime ToCivil(WallTime time) {
  const auto whole = std::chrono::floor<seconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(whole);
  CivilTime civil;
  civil.date = std::chrono::year_month_day(std::chrono::sys_days(day));
  civil.weekday = std::chrono::weekday(std::chrono::sys_days(day)).c_encoding();
  const auto new_year =
      std::chrono::sys_days(civil.date.year() / std::chrono::January / std::chrono::day(1));
  civil.day_of_year = static_cast<int>((std::chrono::sys_days(day) - new_year).count());
  const auto of_day = static_cast<int>((whole - day).count());
  civil.hour = of_day / 3600;
  civil.minute = of_day / 60 % 60;
  civil.second = of_day % 60;
  civil.since_epoch = whole.time_since_epoch().count();
  civil.nanosecond = static_cast<uint32_t>((time - whole).count());
  return civil;
}

void AppendPadded(uint32_t value, int width, std::string& out, char pad = '0') {
  char digits[10];
  for (int i = width - 1; i >= 0; --i) {
    digits[i] = value == 0 && i != width - 1 ? pad : static_cast<char>('0' + value % 10);
    value /= 10;
  }
  out.append(digits, width);
}

void AppendFraction(uint32_t nanosecond, int digits, std::string& out) {
  for (int i = digits; i < 9; ++i) nanosecond /= 10;
  AppendPadded(nanosecond, digits, out);
}

// Names and rarer conversions are strftime's business; it formats on the stack.
void AppendWithStrftime(char conversion, const CivilTime& civil, std::string& out) {
  std::tm tm = {};
  tm.tm_year = static_cast<int>(civil.date.year()) - 1900;
  tm.tm_mon = static_cast<int>(static_cast<unsigned>(civil.date.month())) - 1;
  tm.tm_mday = static_cast<int>(static_cast<unsigned>(civil.date.day()));
  tm.tm_hour = civil.hour;
  tm.tm_min = civil.minute;
  tm.tm_sec = civil.second;
  tm.tm_wday = static_cast<int>(civil.weekday);
  tm.tm_yday = civil.day_of_year;
  const char pattern[] = {'%', conversion, '\0'};
  char text[64];
  out.append(text, std::strftime(text, sizeof(text), pattern, &tm));
}

void AppendClock(const CivilTime& civil, std::string& out) {
  AppendPadded(civil.hour, 2, out);
  out += ':';
  AppendPadded(civil.minute, 2, out);
  out += ':';
  AppendPadded(civil.second, 2, out);
}

void AppendDate(const CivilTime& civil, std::string& out) {
  AppendPadded(static_cast<uint32_t>(static_cast<int>(civil.date.year())), 4, out);
  out += '-';
  AppendPadded(static_cast<unsigned>(civil.date.month()), 2, out);
  out += '-';
  AppendPadded(static_cast<unsigned>(civil.date.day()), 2, out);
}

constexpr absl::string_view kStrftimeConversions = "aAbBcCdDegGhHIjmMnprRStTuUVwWxXyYFkl";

}  // namespace

TimeFormat::TimeFormat() {
  pieces_.push_back({'F', 0, ""});
  pieces_.push_back({0, 0, "T"});
  pieces_.push_back({'T', 0, ""});
  pieces_.push_back({0, 0, "."});
  pieces_.push_back({'f', 3, ""});
  pieces_.push_back({0, 0, "Z"});
}

std::optional<TimeFormat> TimeFormat::Parse(absl::string_view pattern, const FieldScope& scope) {
  std::vector<Piece> pieces;
  bool good = true;
  const auto literal = [&pieces](absl::string_view text) {
    if (pieces.empty() || pieces.back().conversion != 0) pieces.push_back({0, 0, ""});
    absl::StrAppend(&pieces.back().text, text);
  };
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%') {
      literal(pattern.substr(i, 1));
      continue;
    }
    const size_t start = i++;
    uint8_t digits = 0;
    if (i + 1 < pattern.size() && pattern[i] >= '1' && pattern[i] <= '9' && pattern[i + 1] == 'f') {
      digits = static_cast<uint8_t>(pattern[i++] - '0');
    }
    const char conversion = i < pattern.size() ? pattern[i] : '\0';
    if (conversion == 'f') {
      pieces.push_back({'f', digits == 0 ? uint8_t{9} : digits, ""});
    } else if (conversion == '%') {
      literal("%");
    } else if (conversion == 'Z') {
      literal("UTC");
    } else if (conversion == 'z') {
      literal("+0000");
    } else if (conversion == 's' ||
               (conversion != '\0' && absl::StrContains(kStrftimeConversions, conversion))) {
      pieces.push_back({conversion, 0, ""});
    } else {
      scope.Error(absl::StrCat("unknown time conversion \"", pattern.substr(start, i + 1 - start),
                               "\" in \"", pattern, "\""));
      good = false;
    }
  }
  if (!good) return std::nullopt;
  return TimeFormat(std::move(pieces));
}

void TimeFormat::Append(WallTime time, std::string& out) const {
  const CivilTime civil = ToCivil(time);
  for (const Piece& piece : pieces_) {
    switch (piece.conversion) {
      case 0:
        out += piece.text;
        break;
      case 'F':
        AppendDate(civil, out);
        break;
      case 'T':
        AppendClock(civil, out);
        break;
      case 'Y':
        AppendPadded(static_cast<uint32_t>(static_cast<int>(civil.date.year())), 4, out);
        break;
      case 'm':
        AppendPadded(static_cast<unsigned>(civil.date.month()), 2, out);
        break;
      case 'd':
        AppendPadded(static_cast<unsigned>(civil.date.day()), 2, out);
        break;
      case 'H':
        AppendPadded(civil.hour, 2, out);
        break;
      case 'M':
        AppendPadded(civil.minute, 2, out);
        break;
      case 'S':
        AppendPadded(civil.second, 2, out);
        break;
      case 'f':
        AppendFraction(civil.nanosecond, piece.digits, out);
        break;
      case 's':
        absl::StrAppend(&out, civil.since_epoch);
        break;
      default:
        AppendWithStrftime(piece.conversion, civil, out);
    }
  }
}

}  // namespace sluice
