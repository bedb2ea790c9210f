// UTF-8 (RFC 3629) as protobuf's strings must be: a peer that finds anything else ends the stream.
// Pure.
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace sluice {

// The size of the character that `text` begins with; 0: it begins with none.
inline size_t Utf8Size(absl::string_view text) {
  const auto byte = [&text](size_t at) { return static_cast<uint8_t>(text[at]); };
  if (text.empty()) return 0;
  const uint8_t first = byte(0);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const size_t size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (text.size() < size) return 0;
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const uint8_t second = byte(1);
  const bool is_overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool is_surrogate = first == 0xed && second > 0x9f;
  const bool is_beyond = first == 0xf4 && second > 0x8f;
  return is_overlong || is_surrogate || is_beyond ? 0 : size;
}

inline bool IsUtf8(absl::string_view text) {
  while (!text.empty()) {
    const size_t size = Utf8Size(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

// `text` up to so many bytes, with a "?" for each byte that is of no character.
inline std::string AsUtf8(absl::string_view text, size_t bytes_max) {
  std::string result;
  while (!text.empty()) {
    const size_t size = Utf8Size(text);
    if (result.size() + (size == 0 ? 1 : size) > bytes_max) break;
    if (size == 0) {
      result.push_back('?');
      text.remove_prefix(1);
    } else {
      result.append(text.substr(0, size));
      text.remove_prefix(size);
    }
  }
  return result;
}

}  // namespace sluice
