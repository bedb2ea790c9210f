// Small types that every layer shares. Header only; values; no thread of their own.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace sluice {

// Monotonic time, as an event loop reads it once a turn. Never the wall clock.
using Duration = std::chrono::nanoseconds;
using MonotonicTime = std::chrono::time_point<std::chrono::steady_clock, Duration>;
// Wall time, for logs and HTTP dates only.
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

// Whether a piece of a message, or of a byte stream, is its last.
enum class End : uint8_t { kNo, kYes };

// Of a request, as its route says. Circuit breakers count each apart.
enum class RoutePriority : uint8_t { kDefault, kHigh };

inline constexpr size_t operator""_KiB(unsigned long long n) { return n * 1024; }
inline constexpr size_t operator""_MiB(unsigned long long n) { return n * 1024 * 1024; }

}  // namespace sluice
