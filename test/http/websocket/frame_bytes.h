// WebSocket frames as bytes, written by RFC 6455 section 5.2 and by nothing of ours.
#pragma once

#include <cstdint>
#include <string>

namespace sluice {

enum class Masking : uint8_t { kNo, kYes };

// A frame's head: its first byte as given (FIN 0x80, RSV 0x70, opcode 0x0f), the shortest form of
// `length`.
inline std::string HeadOf(int first, uint64_t length, Masking masking) {
  std::string head(1, static_cast<char>(first));
  const int mask_bit = masking == Masking::kYes ? 0x80 : 0;
  int bytes = 0;
  if (length < 126) {
    head += static_cast<char>(mask_bit | static_cast<int>(length));
  } else if (length < 65536) {
    head += static_cast<char>(mask_bit | 126);
    bytes = 2;
  } else {
    head += static_cast<char>(mask_bit | 127);
    bytes = 8;
  }
  while (bytes-- > 0) head += static_cast<char>(length >> (8 * bytes));
  if (masking == Masking::kYes) head += "\x11\x22\x33\x44";
  return head;
}

inline std::string FrameOf(int first, const std::string& payload, Masking masking) {
  constexpr char kMask[] = {0x11, 0x22, 0x33, 0x44};
  std::string frame = HeadOf(first, payload.size(), masking);
  for (size_t i = 0; i < payload.size(); ++i) {
    const char mask = masking == Masking::kYes ? kMask[i % 4] : '\0';
    frame += static_cast<char>(payload[i] ^ mask);
  }
  return frame;
}

inline std::string CodeBytes(int code) {
  return {static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
}

}  // namespace sluice
