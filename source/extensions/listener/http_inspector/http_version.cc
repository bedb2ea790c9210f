#include "source/extensions/listener/http_inspector/http_version.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "source/http/protocol_detect.h"

namespace sluice {
namespace {

constexpr size_t kMethodBytesMax = 32;

// RFC 9110 section 5.6.2.
bool IsTokenByte(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         absl::string_view("!#$%&'*+-.^_`|~").find(c) != absl::string_view::npos;
}

bool IsTargetByte(char c) {
  return c != ' ' && !absl::ascii_iscntrl(static_cast<unsigned char>(c));
}

// "HTTP/1.1", or the beginning of it.
HttpVersionSeen SeeVersion(absl::string_view text) {
  constexpr absl::string_view kStart = "HTTP/1.";
  const size_t n = std::min(text.size(), kStart.size());
  if (text.substr(0, n) != kStart.substr(0, n)) return HttpVersionSeen::kNotHttp;
  // The line's end has to follow, or "HTTP/1.10" would pass.
  if (text.size() < kStart.size() + 2) return HttpVersionSeen::kNeedMore;
  const char minor = text[kStart.size()], end = text[kStart.size() + 1];
  if ((minor != '0' && minor != '1') || (end != '\r' && end != '\n')) {
    return HttpVersionSeen::kNotHttp;
  }
  return minor == '0' ? HttpVersionSeen::kHttp10 : HttpVersionSeen::kHttp11;
}

}  // namespace

HttpVersionSeen SeeHttpVersion(absl::string_view first) {
  switch (DetectProtocol(first)) {
    case DetectedProtocol::kNeedMore:
      return HttpVersionSeen::kNeedMore;
    case DetectedProtocol::kHttp2:
      return HttpVersionSeen::kHttp2;
    case DetectedProtocol::kHttp1:
      break;
  }
  // RFC 9112 section 2.2: an empty line before the first request is to be overlooked.
  if (first == "\r") return HttpVersionSeen::kNeedMore;
  absl::ConsumePrefix(&first, "\r\n");
  const auto method_end = std::find_if_not(first.begin(), first.end(), IsTokenByte);
  const size_t method_bytes = static_cast<size_t>(method_end - first.begin());
  if (method_bytes > kMethodBytesMax) return HttpVersionSeen::kNotHttp;
  if (method_end == first.end()) return HttpVersionSeen::kNeedMore;
  if (method_bytes == 0 || *method_end != ' ') return HttpVersionSeen::kNotHttp;
  first.remove_prefix(method_bytes + 1);
  const auto target_end = std::find_if_not(first.begin(), first.end(), IsTargetByte);
  if (target_end == first.end()) return HttpVersionSeen::kNeedMore;
  if (target_end == first.begin() || *target_end != ' ') return HttpVersionSeen::kNotHttp;
  first.remove_prefix(static_cast<size_t>(target_end - first.begin()) + 1);
  return SeeVersion(first);
}

}  // namespace sluice
