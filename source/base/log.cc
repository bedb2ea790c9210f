#include "source/base/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <ctime>

#include "absl/strings/ascii.h"

namespace sluice {

namespace log_internal {
namespace {
constexpr LogLevel kStart = LogLevel::kInfo;
}
// Without a dynamic initialiser: what runs before main may log.
constinit std::atomic<LogLevel> levels[kLogComponents] = {
    kStart, kStart, kStart, kStart, kStart, kStart, kStart, kStart, kStart, kStart, kStart,
    kStart, kStart, kStart, kStart, kStart, kStart, kStart, kStart, kStart, kStart, kStart};
}  // namespace log_internal

namespace {

constexpr absl::string_view kLevelNames[] = {"trace", "debug",    "info", "warning",
                                             "error", "critical", "off"};
constexpr absl::string_view kComponentNames[] = {
    "admin",  "config",  "connection", "conn_handler", "dns",      "file",     "filter", "grpc",
    "hc",     "http",    "http2",      "init",         "io",       "main",     "misc",   "pool",
    "router", "runtime", "secret",     "stats",        "upstream", "websocket"};
static_assert(std::size(kComponentNames) == kLogComponents);
static_assert(std::size(kLevelNames) == static_cast<size_t>(LogLevel::kOff) + 1);

constinit std::atomic<int> output{STDERR_FILENO};
constinit std::atomic<LogWriter> writer{nullptr};

void WriteToOutput(absl::string_view line) {
  const int fd = output.load(std::memory_order_relaxed);
  while (!line.empty()) {
    const ssize_t written = ::write(fd, line.data(), line.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // nowhere to complain to
    line.remove_prefix(static_cast<size_t>(written));
  }
}

void AppendEscaped(absl::string_view text, std::string& out) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t' || !absl::ascii_iscntrl(static_cast<unsigned char>(c))) {
      out += c;
    } else {
      char hex[5];
      std::snprintf(hex, sizeof(hex), "\\x%02x", static_cast<unsigned char>(c));
      out += hex;
    }
  }
}

}  // namespace

absl::string_view LogLevelName(LogLevel level) { return kLevelNames[static_cast<size_t>(level)]; }

absl::string_view LogComponentName(LogComponent component) {
  return kComponentNames[static_cast<size_t>(component)];
}

std::optional<LogLevel> ParseLogLevel(absl::string_view name) {
  if (name == "warn") return LogLevel::kWarning;
  for (size_t i = 0; i < std::size(kLevelNames); ++i) {
    if (name == kLevelNames[i]) return static_cast<LogLevel>(i);
  }
  return std::nullopt;
}

std::optional<LogComponent> ParseLogComponent(absl::string_view name) {
  for (size_t i = 0; i < kLogComponents; ++i) {
    if (name == kComponentNames[i]) return static_cast<LogComponent>(i);
  }
  return std::nullopt;
}

LogLevel GetLogLevel(LogComponent component) {
  return log_internal::levels[static_cast<size_t>(component)].load(std::memory_order_relaxed);
}

void SetLogLevel(LogLevel level) {
  for (std::atomic<LogLevel>& at : log_internal::levels) at.store(level, std::memory_order_relaxed);
}

void SetLogLevel(LogComponent component, LogLevel level) {
  log_internal::levels[static_cast<size_t>(component)].store(level, std::memory_order_relaxed);
}

absl::Status OpenLogFile(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot open log file ", path));
  const int current = output.load(std::memory_order_relaxed);
  if (current == STDERR_FILENO) {
    output.store(fd, std::memory_order_relaxed);
    return absl::OkStatus();
  }
  // Another thread may be about to write to the old number: it keeps it, and the file behind
  // changes.
  const bool replaced = ::dup3(fd, current, O_CLOEXEC) >= 0;
  const int error = errno;
  ::close(fd);
  if (!replaced) return absl::ErrnoToStatus(error, absl::StrCat("cannot use log file ", path));
  return absl::OkStatus();
}

void SetLogWriter(LogWriter new_writer) { writer.store(new_writer, std::memory_order_relaxed); }

std::string FormatLogLine(WallTime time, int64_t thread_id, LogLevel level, LogComponent component,
                          absl::string_view text) {
  const auto milliseconds =
      std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
  const int64_t seconds = milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000;
  const time_t whole = static_cast<time_t>(seconds);
  std::tm utc;
  gmtime_r(&whole, &utc);
  char head[96];
  const int n = std::snprintf(
      head, sizeof(head), "[%04d-%02d-%02d %02d:%02d:%02d.%03d][%lld]", utc.tm_year + 1900,
      utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
      static_cast<int>(milliseconds - seconds * 1000), static_cast<long long>(thread_id));
  std::string line(head, static_cast<size_t>(n));
  absl::StrAppend(&line, "[", LogLevelName(level), "][", LogComponentName(component), "] ");
  AppendEscaped(text, line);
  line += '\n';
  return line;
}

void WriteLog(LogComponent component, LogLevel level, absl::string_view text) {
  const std::string line =
      FormatLogLine(std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()),
                    gettid(), level, component, text);
  const LogWriter to = writer.load(std::memory_order_relaxed);
  to == nullptr ? WriteToOutput(line) : to(line);
}

}  // namespace sluice
