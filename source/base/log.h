// The server's own log: one line per event, to stderr or a file. Not the access log, and not used
// on the request path in steady state.
//
// Any thread may log; a line is one write. Levels may change at any time, for all components or for
// one (the admin's /logging).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "source/base/units.h"

namespace sluice {

enum class LogLevel : uint8_t { kTrace, kDebug, kInfo, kWarning, kError, kCritical, kOff };

// The parts of the server whose level can be set apart; the names operators type are Envoy's.
enum class LogComponent : uint8_t {
  kAdmin,
  kConfig,
  kConnection,
  kConnHandler,
  kDns,
  kFile,
  kFilter,
  kGrpc,
  kHc,
  kHttp,
  kHttp2,
  kInit,
  kIo,
  kMain,
  kMisc,
  kPool,
  kRouter,
  kRuntime,
  kSecret,
  kStats,
  kUpstream,
  kWebsocket,
};
inline constexpr size_t kLogComponents = static_cast<size_t>(LogComponent::kWebsocket) + 1;

absl::string_view LogLevelName(LogLevel level);                 // "warning"
absl::string_view LogComponentName(LogComponent component);     // "conn_handler"
std::optional<LogLevel> ParseLogLevel(absl::string_view name);  // "warn" is taken too
std::optional<LogComponent> ParseLogComponent(absl::string_view name);

LogLevel GetLogLevel(LogComponent component);
void SetLogLevel(LogLevel level);  // of all components
void SetLogLevel(LogComponent component, LogLevel level);

// Sends the log to the end of this file from now on; a failure leaves it where it was.
absl::Status OpenLogFile(const std::string& path);

// Takes whole lines, with their newline. For tests; null restores the file or stderr.
using LogWriter = void (*)(absl::string_view line);
void SetLogWriter(LogWriter writer);

// "[2026-11-21 03:58:26.123][tid][info][component] text\n" in UTC. Control characters of the text
// are escaped, so that what a peer sent cannot forge a line.
std::string FormatLogLine(WallTime time, int64_t thread_id, LogLevel level, LogComponent component,
                          absl::string_view text);

// What SLUICE_LOG calls. Writes whatever the level is.
void WriteLog(LogComponent component, LogLevel level, absl::string_view text);

namespace log_internal {
extern std::atomic<LogLevel> levels[kLogComponents];
}  // namespace log_internal

inline bool LogEnabled(LogComponent component, LogLevel level) {
  return level >=
         log_internal::levels[static_cast<size_t>(component)].load(std::memory_order_relaxed);
}

}  // namespace sluice

// SLUICE_LOG(kMain, kInfo, "listening on ", address): the text is what absl::StrCat makes of the
// rest, which is evaluated only when the line is wanted.
#define SLUICE_LOG(component, level, ...)                                                     \
  do {                                                                                        \
    if (::sluice::LogEnabled(::sluice::LogComponent::component, ::sluice::LogLevel::level)) { \
      ::sluice::WriteLog(::sluice::LogComponent::component, ::sluice::LogLevel::level,        \
                         ::absl::StrCat(__VA_ARGS__));                                        \
    }                                                                                         \
  } while (false)
