#include "source/extensions/http/grpc_web/base64_stream.h"

#include <algorithm>
#include <array>

namespace sluice {
namespace {

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr uint8_t kNone = 0xff;

constexpr std::array<uint8_t, 256> Values() {
  std::array<uint8_t, 256> values{};
  for (uint8_t& value : values) value = kNone;
  for (uint8_t i = 0; i < 64; ++i) values[static_cast<uint8_t>(kAlphabet[i])] = i;
  return values;
}
constexpr std::array<uint8_t, 256> kValues = Values();

// Of so much text at a time: what comes of it lies in one piece.
constexpr size_t kPartBytes = 3072;

// `count` bytes of 1 to 3, from the highest of 24 bits.
char* WriteQuartet(uint32_t bits, size_t count, char* to) {
  *to++ = kAlphabet[bits >> 18 & 63];
  *to++ = kAlphabet[bits >> 12 & 63];
  *to++ = count > 1 ? kAlphabet[bits >> 6 & 63] : '=';
  *to++ = count > 2 ? kAlphabet[bits & 63] : '=';
  return to;
}

}  // namespace

void AppendBase64(const Buffer& in, Buffer& out) {
  uint32_t bits = 0;
  size_t count = 0;
  in.ForEachPiece([&](absl::string_view piece) {
    while (!piece.empty()) {
      const absl::string_view part = piece.substr(0, kPartBytes);
      char* const start = out.ReserveContiguous((part.size() + 2) / 3 * 4 + 4);
      char* to = start;
      for (const char byte : part) {
        bits = bits << 8 | static_cast<uint8_t>(byte);
        if (++count < 3) continue;
        to = WriteQuartet(bits, 3, to);
        bits = 0;
        count = 0;
      }
      out.CommitContiguous(static_cast<size_t>(to - start));
      piece.remove_prefix(part.size());
    }
  });
  if (count == 0) return;
  char last[4];
  WriteQuartet(bits << 8 * (3 - count), count, last);
  out.Append({last, sizeof(last)});
}

bool Base64Reader::Read(const Buffer& in, Buffer& out) {
  bool is_base64 = true;
  in.ForEachPiece([&](absl::string_view piece) {
    for (; is_base64 && !piece.empty(); piece.remove_prefix(std::min(kPartBytes, piece.size()))) {
      is_base64 = ReadPart(piece.substr(0, kPartBytes), out);
    }
  });
  return is_base64;
}

bool Base64Reader::ReadPart(absl::string_view text, Buffer& out) {
  char* const start = out.ReserveContiguous(text.size());  // never more than the text
  char* to = start;
  bool is_base64 = true;
  for (const char character : text) {
    is_base64 = Take(character);
    if (!is_base64) break;
    if (characters_ == 4) to += TakeBytes(to);
  }
  out.CommitContiguous(static_cast<size_t>(to - start));
  return is_base64;
}

// RFC 4648 section 3.5: bits that belong to no byte are zero.
bool Base64Reader::Take(char character) {
  const uint8_t value = kValues[static_cast<uint8_t>(character)];
  ++characters_;
  if (character == '=') {
    ++padding_;
    bits_ <<= 6;
    const uint32_t unused = padding_ == 1 ? 0xff : 0xffff;
    return characters_ > 2 && (characters_ < 4 || (bits_ & unused) == 0);
  }
  if (value == kNone || padding_ > 0) return false;
  bits_ = bits_ << 6 | value;
  return true;
}

size_t Base64Reader::TakeBytes(char* to) {
  const size_t count = 3 - padding_;
  for (size_t i = 0; i < count; ++i) to[i] = static_cast<char>(bits_ >> (16 - 8 * i) & 0xff);
  bits_ = 0;
  characters_ = padding_ = 0;
  return count;
}

}  // namespace sluice
