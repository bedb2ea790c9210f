#include "source/http/websocket/frame_header.h"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace sluice {
namespace {

using Event = FrameHeaderReader::Event;

constexpr uint64_t kControlBytesMax = 125;
constexpr uint8_t kLength16 = 126, kLength64 = 127;

size_t HeadBytes(uint8_t second) {
  const uint8_t length = second & 0x7f;
  const size_t extended = length == kLength16 ? 2 : length == kLength64 ? 8 : 0;
  return 2 + extended + ((second & 0x80) != 0 ? 4 : 0);
}

uint64_t BigEndian(const uint8_t* bytes, size_t count) {
  uint64_t value = 0;
  for (size_t i = 0; i < count; ++i) value = value << 8 | bytes[i];
  return value;
}

bool IsKnown(Opcode opcode) {
  return opcode <= Opcode::kBinary || (opcode >= Opcode::kClose && opcode <= Opcode::kPong);
}

// Section 7.4, and the codes that IANA has registered since (1012 to 1014). 1004, 1005, 1006 and
// 1015 are never sent.
bool MaySendCloseCode(uint16_t code) {
  if (code >= 3000) return code < 5000;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

}  // namespace

absl::string_view FrameViolationText(FrameViolation violation) {
  static constexpr absl::string_view kTexts[] = {
      "",
      "reserved_bits",
      "reserved_opcode",
      "fragmented_control",
      "control_too_long",
      "length_not_minimal",
      "length_too_large",
      "not_masked",
      "masked",
      "continuation_of_nothing",
      "message_inside_message",
      "after_close",
      "close_of_one_byte",
      "close_code",
  };
  static_assert(std::size(kTexts) == static_cast<size_t>(FrameViolation::kCount));
  return kTexts[static_cast<size_t>(violation)];
}

Event FrameHeaderReader::Next(absl::string_view& bytes) {
  if (code_due_) return GatherCloseCode(bytes) ? Event::kCloseCode : Event::kNeedMore;
  if (!SkipPayload(bytes) || !GatherHead(bytes)) return Event::kNeedMore;
  ReadHead();
  return Event::kFrame;
}

bool FrameHeaderReader::TakeWholeFrame(absl::string_view& bytes) {
  if (!at_boundary() || closed_ || bytes.size() < 2) return false;
  const uint8_t first = static_cast<uint8_t>(bytes[0]), second = static_cast<uint8_t>(bytes[1]);
  const uint8_t reserved_bits = (first >> 4) & 7;
  const auto opcode = static_cast<Opcode>(first & 0xf);
  const bool masked = (second & 0x80) != 0;
  uint64_t length = second & 0x7f;
  const size_t head_bytes = HeadBytes(second);
  if (opcode > Opcode::kBinary || (opcode == Opcode::kContinuation) != in_message_ ||
      masked != (from_ == From::kClient) || (reserved_bits & ~reserved_bits_) != 0 ||
      length == kLength64 || bytes.size() < head_bytes) {
    return false;
  }
  if (length == kLength16) {
    length = BigEndian(reinterpret_cast<const uint8_t*>(bytes.data()) + 2, 2);
    if (length < kLength16) return false;
  }
  if (bytes.size() - head_bytes < length) return false;
  frame_ = {.length = length,
            .opcode = opcode,
            .fin = (first & 0x80) != 0,
            .masked = masked,
            .reserved_bits = reserved_bits};
  in_message_ = !frame_.fin;
  judged_bytes_ = static_cast<uint8_t>(head_bytes);
  payload_bytes_ += length;
  bytes.remove_prefix(head_bytes + length);
  return true;
}

bool FrameHeaderReader::SkipPayload(absl::string_view& bytes) {
  const uint64_t skipped = lost_ ? bytes.size() : std::min<uint64_t>(payload_left_, bytes.size());
  bytes.remove_prefix(skipped);
  payload_bytes_ += skipped;
  if (!lost_) payload_left_ -= skipped;
  return payload_left_ == 0 && !lost_;
}

bool FrameHeaderReader::GatherHead(absl::string_view& bytes) {
  size_t wanted = head_bytes_ < 2 ? 2 : HeadBytes(head_[1]);
  while (head_bytes_ < wanted) {
    if (bytes.empty()) return false;
    const size_t n = std::min(wanted - head_bytes_, bytes.size());
    std::memcpy(head_ + head_bytes_, bytes.data(), n);
    head_bytes_ = static_cast<uint8_t>(head_bytes_ + n);
    bytes.remove_prefix(n);
    if (head_bytes_ >= 2) wanted = HeadBytes(head_[1]);
  }
  return true;
}

void FrameHeaderReader::ReadHead() {
  const uint8_t length = head_[1] & 0x7f;
  frame_.fin = (head_[0] & 0x80) != 0;
  frame_.reserved_bits = (head_[0] >> 4) & 7;
  frame_.opcode = static_cast<Opcode>(head_[0] & 0xf);
  frame_.masked = (head_[1] & 0x80) != 0;
  frame_.length = length;
  if (length == kLength16) frame_.length = BigEndian(head_ + 2, 2);
  if (length == kLength64) frame_.length = BigEndian(head_ + 2, 8);
  mask_[0] = mask_[1] = 0;
  if (frame_.masked) std::memcpy(mask_, head_ + head_bytes_ - 4, sizeof(mask_));
  frame_.violation = Judge();
  judged_bytes_ = head_bytes_;
  head_bytes_ = 0;
  payload_left_ = frame_.length;
  lost_ = frame_.violation == FrameViolation::kLengthTooLarge;
  if (lost_) payload_left_ = 0;
  if (frame_.opcode <= Opcode::kBinary) in_message_ = !frame_.fin;
  if (frame_.opcode == Opcode::kClose && !lost_) {
    code_due_ = !closed_;
    closed_ = true;
    code_bytes_ = 0;
  }
}

// The first rule that it breaks; that of a length which cannot be believed before all others.
FrameViolation FrameHeaderReader::Judge() const {
  using Violation = FrameViolation;
  const uint8_t length = head_[1] & 0x7f;
  if (length == kLength64 && (frame_.length >> 63) != 0) return Violation::kLengthTooLarge;
  if ((frame_.reserved_bits & ~reserved_bits_) != 0) return Violation::kReservedBits;
  if (!IsKnown(frame_.opcode)) return Violation::kReservedOpcode;
  if (IsControl(frame_.opcode)) {
    if (!frame_.fin) return Violation::kFragmentedControl;
    if (frame_.length > kControlBytesMax) return Violation::kControlTooLong;
  }
  const uint64_t minimum = length == kLength16 ? kLength16 : length == kLength64 ? 65536 : 0;
  if (frame_.length < minimum) return Violation::kLengthNotMinimal;
  if (from_ == From::kClient && !frame_.masked) return Violation::kNotMasked;
  if (from_ == From::kServer && frame_.masked) return Violation::kMasked;
  if (closed_) return Violation::kAfterClose;
  if (frame_.opcode == Opcode::kClose && frame_.length == 1) return Violation::kCloseOfOneByte;
  if (IsControl(frame_.opcode)) return Violation::kNone;
  const bool continues = frame_.opcode == Opcode::kContinuation;
  if (continues && !in_message_) return Violation::kContinuationOfNothing;
  if (!continues && in_message_) return Violation::kMessageInsideMessage;
  return Violation::kNone;
}

bool FrameHeaderReader::GatherCloseCode(absl::string_view& bytes) {
  while (frame_.length >= sizeof(code_) && code_bytes_ < sizeof(code_)) {
    if (bytes.empty()) return false;
    code_[code_bytes_] = static_cast<uint8_t>(bytes.front()) ^ mask_[code_bytes_];
    ++code_bytes_;
    ++judged_bytes_;
    bytes.remove_prefix(1);
    --payload_left_;
    ++payload_bytes_;
  }
  code_due_ = false;
  if (frame_.length < sizeof(code_)) return true;
  close_code_ = static_cast<uint16_t>(BigEndian(code_, sizeof(code_)));
  if (frame_.violation == FrameViolation::kNone && !MaySendCloseCode(close_code_)) {
    frame_.violation = FrameViolation::kCloseCode;
  }
  return true;
}

}  // namespace sluice
