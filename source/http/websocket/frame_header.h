// FrameHeaderReader: follows one direction of a WebSocket by the heads of its frames (RFC 6455
// section 5.2). Incremental; of a payload it looks at nothing but the two bytes of a close code
// (section 5.5.1), and it changes nothing. Pure; any thread.
//
// A frame that breaks the protocol is reported, and followed as far as its length can be believed:
// whether to go on is the user's decision. Only a length over 63 bits cannot be believed.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace sluice {

enum class Opcode : uint8_t {
  kContinuation = 0,
  kText = 1,
  kBinary = 2,
  kClose = 8,
  kPing = 9,
  kPong = 10,  // others are reserved
};
constexpr bool IsControl(Opcode opcode) { return (static_cast<uint8_t>(opcode) & 8) != 0; }

enum class FrameViolation : uint8_t {
  kNone,
  kReservedBits,           // that no extension has given a meaning (5.2)
  kReservedOpcode,         // 5.2
  kFragmentedControl,      // 5.5
  kControlTooLong,         // over 125 bytes (5.5)
  kLengthNotMinimal,       // 5.2
  kLengthTooLarge,         // over 63 bits (5.2); nothing that follows can be read
  kNotMasked,              // from a client (5.1)
  kMasked,                 // from a server (5.1)
  kContinuationOfNothing,  // 5.4
  kMessageInsideMessage,   // 5.4
  kAfterClose,             // 5.5.1
  kCloseOfOneByte,         // 5.5.1
  kCloseCode,              // not one that may be sent (7.4)
  kCount
};
absl::string_view FrameViolationText(FrameViolation violation);  // "reserved_bits"

struct FrameHeader {
  uint64_t length = 0;  // of the payload
  Opcode opcode = Opcode::kContinuation;
  bool fin = false;
  bool masked = false;
  uint8_t reserved_bits = 0;  // RSV1 is 4
  FrameViolation violation = FrameViolation::kNone;
};

class FrameHeaderReader {
 public:
  enum class From : uint8_t { kClient, kServer };
  // `reserved_bits`: that extensions use; permessage-deflate has RSV1, which is 4.
  explicit FrameHeaderReader(From from, uint8_t reserved_bits = 0)
      : from_(from), reserved_bits_(reserved_bits) {}

  enum class Event : uint8_t {
    kNeedMore,   // `bytes` is empty
    kFrame,      // a frame begins: frame()
    kCloseCode,  // close_code() is known, violation() may have something to say of it
  };
  // Goes over the front of `bytes` up to the next event.
  Event Next(absl::string_view& bytes);
  // The short way over what most of a tunnel is: goes over one frame of data that is whole in the
  // front of `bytes` and breaks no rule. False: there is none, and Next has to look.
  bool TakeWholeFrame(absl::string_view& bytes);

  const FrameHeader& frame() const { return frame_; }
  FrameViolation violation() const { return frame_.violation; }
  // 1005 where the close frame had none.
  uint16_t close_code() const { return close_code_; }
  bool closed() const { return closed_; }  // a close frame has begun
  // Between two frames: where another one may be put in.
  bool at_boundary() const {
    return payload_left_ == 0 && head_bytes_ == 0 && !code_due_ && !lost_;
  }
  // The frame under way is known for right or wrong, or there is none: neither its head nor the
  // code of a close frame is incomplete.
  bool judged() const { return head_bytes_ == 0 && !code_due_; }
  // How much of the last frame has been gone over until then.
  size_t begun_bytes() const { return head_bytes_ > 0 ? head_bytes_ : judged_bytes_; }
  // No frame can be found any more; everything is taken as payload.
  bool lost() const { return lost_; }
  uint64_t payload_bytes() const { return payload_bytes_; }  // gone over so far

  static constexpr uint16_t kNoCloseCode = 1005;

 private:
  static constexpr size_t kHeadBytesMax = 14;
  // Takes from `bytes` what the head lacks; false while it lacks some.
  bool GatherHead(absl::string_view& bytes);
  void ReadHead();
  FrameViolation Judge() const;
  bool SkipPayload(absl::string_view& bytes);
  // True when the close code is complete.
  bool GatherCloseCode(absl::string_view& bytes);

  FrameHeader frame_;
  uint64_t payload_left_ = 0;
  uint64_t payload_bytes_ = 0;
  uint8_t head_[kHeadBytesMax];
  uint8_t head_bytes_ = 0;
  uint8_t judged_bytes_ = 0;  // the whole head's, and a close code's
  uint8_t mask_[2] = {};      // its first two bytes: the close code's
  uint8_t code_[2];           // unmasked
  uint8_t code_bytes_ = 0;
  uint16_t close_code_ = kNoCloseCode;
  const From from_;
  const uint8_t reserved_bits_;
  bool in_message_ = false;  // a data frame without FIN has been, and its end has not
  bool closed_ = false;
  bool code_due_ = false;  // a close frame's event is still to come
  bool lost_ = false;
};

}  // namespace sluice
