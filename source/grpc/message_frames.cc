#include "source/grpc/message_frames.h"

#include "absl/strings/str_format.h"

namespace sluice {
namespace {

// A flag, and the length in network order.
constexpr size_t kHeadBytes = 5;

}  // namespace

FrameRead TakeMessage(Buffer& in, size_t bytes_max, std::string& message) {
  if (in.size() < kHeadBytes) return FrameRead::kNeedMore;
  char scratch[kHeadBytes];
  const absl::string_view head = in.Linear(kHeadBytes, scratch);
  if (head[0] != 0) return FrameRead::kCompressed;
  size_t bytes = 0;
  for (size_t i = 1; i < kHeadBytes; ++i) bytes = bytes << 8 | static_cast<uint8_t>(head[i]);
  if (bytes > bytes_max) return FrameRead::kTooLong;
  if (in.size() - kHeadBytes < bytes) return FrameRead::kNeedMore;
  message.resize(bytes);
  in.CopyOut(kHeadBytes, bytes, message.data());
  in.Drain(kHeadBytes + bytes);
  return FrameRead::kMessage;
}

void AppendMessage(absl::string_view message, Buffer& out) {
  char head[kHeadBytes] = {};
  for (size_t i = 1; i < kHeadBytes; ++i) {
    head[i] = static_cast<char>(message.size() >> (8 * (kHeadBytes - 1 - i)));
  }
  out.Append({head, kHeadBytes});
  out.Append(message);
}

std::string EncodedStatusText(absl::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c >= 0x20 && c <= 0x7e && c != '%') {
      out += c;
    } else {
      absl::StrAppendFormat(&out, "%%%02X", static_cast<uint8_t>(c));
    }
  }
  return out;
}

}  // namespace sluice
