// Which HTTP a connection speaks, from its first bytes (RFC 9113 section 3.4, prior knowledge).
// Pure.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

namespace sluice {

// "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", RFC 9113 section 3.4.
inline constexpr absl::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

enum class DetectedProtocol : uint8_t { kNeedMore, kHttp1, kHttp2 };

// `first` begins with the connection's first byte. kNeedMore while it is a true prefix of the
// preface.
inline DetectedProtocol DetectProtocol(absl::string_view first) {
  const size_t n = first.size() < kHttp2Preface.size() ? first.size() : kHttp2Preface.size();
  if (first.substr(0, n) != kHttp2Preface.substr(0, n)) return DetectedProtocol::kHttp1;
  return n == kHttp2Preface.size() ? DetectedProtocol::kHttp2 : DetectedProtocol::kNeedMore;
}

}  // namespace sluice
