#include "source/http/websocket/control_frame.h"

#include "source/http/websocket/frame_header.h"

namespace sluice {
namespace {

constexpr size_t kPayloadBytesMax = 2;

void AppendFrame(Opcode opcode, absl::string_view payload, FrameMask mask, Buffer& out) {
  constexpr uint8_t kFin = 0x80, kMasked = 0x80;
  char bytes[2 + sizeof(uint32_t) + kPayloadBytesMax];
  size_t size = 0;
  bytes[size++] = static_cast<char>(kFin | static_cast<uint8_t>(opcode));
  bytes[size++] = static_cast<char>((mask.has_value() ? kMasked : 0) | payload.size());
  char key[sizeof(uint32_t)] = {};
  if (mask.has_value()) {
    for (size_t i = 0; i < sizeof(key); ++i) {
      key[i] = static_cast<char>(*mask >> (24 - 8 * i));
      bytes[size++] = key[i];
    }
  }
  for (size_t i = 0; i < payload.size(); ++i)
    bytes[size++] = static_cast<char>(payload[i] ^ key[i % sizeof(key)]);
  out.Append({bytes, size});
}

}  // namespace

void AppendCloseFrame(uint16_t code, FrameMask mask, Buffer& out) {
  const char payload[kPayloadBytesMax] = {static_cast<char>(code >> 8), static_cast<char>(code)};
  AppendFrame(Opcode::kClose, {payload, sizeof(payload)}, mask, out);
}

void AppendPingFrame(FrameMask mask, Buffer& out) { AppendFrame(Opcode::kPing, {}, mask, out); }

}  // namespace sluice
