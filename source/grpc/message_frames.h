// Message frames: how gRPC lays messages into the bytes of a body, and its status text into a
// header (gRPC over HTTP2, "Length-Prefixed-Message" and "Status-Message"). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "source/base/buffer.h"

namespace sluice {

enum class FrameRead : uint8_t {
  kMessage,
  kNeedMore,
  kTooLong,     // than asked for
  kCompressed,  // which nothing here can read
};

// Takes the first message off `in`; unless it is kMessage, nothing has changed.
FrameRead TakeMessage(Buffer& in, size_t bytes_max, std::string& message);

void AppendMessage(absl::string_view message, Buffer& out);

// For grpc-message: what is not printable ASCII, and '%', as percent-escapes.
std::string EncodedStatusText(absl::string_view text);

}  // namespace sluice
