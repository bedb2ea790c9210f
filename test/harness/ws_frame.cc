#include "test/harness/ws_frame.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "openssl/sha.h"

namespace sluice {
namespace {

constexpr size_t kPrintedBytesMax = 60;

std::string BigEndian(uint64_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(value >> (8 * i));
  return text;
}

uint64_t ReadBigEndian(absl::string_view bytes) {
  uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<uint8_t>(byte);
  return value;
}

// Section 5.3; there and back.
void Mask(uint32_t mask, std::string& payload) {
  for (size_t i = 0; i < payload.size(); ++i) {
    payload[i] = static_cast<char>(payload[i] ^ static_cast<char>(mask >> (24 - 8 * (i % 4))));
  }
}

std::string TypeName(WsType type) {
  switch (type) {
    case WsType::kContinuation:
      return "CONTINUATION";
    case WsType::kText:
      return "TEXT";
    case WsType::kBinary:
      return "BINARY";
    case WsType::kClose:
      return "CLOSE";
    case WsType::kPing:
      return "PING";
    case WsType::kPong:
      return "PONG";
  }
  return absl::StrCat("TYPE_", static_cast<int>(type));
}

}  // namespace

std::string WsBytes(const WsFrame& frame, WsLength length) {
  std::string bytes;
  bytes +=
      static_cast<char>((frame.fin ? 0x80 : 0) | frame.rsv << 4 | static_cast<int>(frame.type));
  const size_t size = frame.payload.size();
  const int mask_bit = frame.mask.has_value() ? 0x80 : 0;
  if (length == WsLength::kEightBytes || size > 0xffff) {
    bytes += static_cast<char>(mask_bit | 127);
    bytes += BigEndian(size, 8);
  } else if (length == WsLength::kTwoBytes || size > 125) {
    bytes += static_cast<char>(mask_bit | 126);
    bytes += BigEndian(size, 2);
  } else {
    bytes += static_cast<char>(mask_bit | static_cast<int>(size));
  }
  std::string payload = frame.payload;
  if (frame.mask.has_value()) {
    bytes += BigEndian(*frame.mask, 4);
    Mask(*frame.mask, payload);
  }
  return bytes + payload;
}

WsFrame WsCloseFrame(uint16_t code, absl::string_view reason) {
  return {.type = WsType::kClose, .payload = absl::StrCat(BigEndian(code, 2), reason)};
}

uint16_t WsCloseCode(const WsFrame& frame) {
  if (frame.payload.size() < 2) return 1005;
  return static_cast<uint16_t>(ReadBigEndian(absl::string_view(frame.payload).substr(0, 2)));
}

std::string WsLine(const WsFrame& frame) {
  std::string line = TypeName(frame.type);
  if (!frame.fin) line += "+";
  if (frame.rsv != 0) absl::StrAppend(&line, " rsv=", static_cast<int>(frame.rsv));
  absl::string_view payload = frame.payload;
  if (frame.type == WsType::kClose && payload.size() >= 2) {
    absl::StrAppend(&line, " ", WsCloseCode(frame));
    payload.remove_prefix(2);
  }
  if (payload.empty()) return line;
  if (payload.size() > kPrintedBytesMax) return absl::StrCat(line, " ", payload.size());
  return absl::StrCat(line, " \"", absl::CEscape(payload), "\"");
}

std::string WsAcceptOf(absl::string_view key) {
  const std::string text = absl::StrCat(key, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
  uint8_t digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const uint8_t*>(text.data()), text.size(), digest);
  return absl::Base64Escape(
      absl::string_view(reinterpret_cast<const char*>(digest), sizeof(digest)));
}

std::vector<WsFrame> WsFrameReader::Feed(absl::string_view bytes) {
  pending_.append(bytes.data(), bytes.size());
  std::vector<WsFrame> frames;
  while (std::optional<WsFrame> frame = TakeFrame()) frames.push_back(*std::move(frame));
  return frames;
}

std::optional<WsFrame> WsFrameReader::TakeFrame() {
  const absl::string_view wire = pending_;
  if (wire.size() < 2) return std::nullopt;
  const uint8_t first = static_cast<uint8_t>(wire[0]), second = static_cast<uint8_t>(wire[1]);
  const size_t length_bytes = (second & 127) == 127 ? 8 : (second & 127) == 126 ? 2 : 0;
  const size_t mask_bytes = (second & 128) != 0 ? 4 : 0;
  const size_t head = 2 + length_bytes + mask_bytes;
  if (wire.size() < head) return std::nullopt;
  const uint64_t size =
      length_bytes == 0 ? second & 127 : ReadBigEndian(wire.substr(2, length_bytes));
  if (wire.size() - head < size) return std::nullopt;
  WsFrame frame;
  frame.fin = (first & 128) != 0;
  frame.rsv = (first >> 4) & 7;
  frame.type = static_cast<WsType>(first & 15);
  frame.payload = std::string(wire.substr(head, size));
  if (mask_bytes > 0) {
    frame.mask = static_cast<uint32_t>(ReadBigEndian(wire.substr(head - 4, 4)));
    Mask(*frame.mask, frame.payload);
  }
  pending_.erase(0, head + size);
  return frame;
}

}  // namespace sluice
