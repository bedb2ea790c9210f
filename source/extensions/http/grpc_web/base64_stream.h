// Base64 (RFC 4648 section 4) of buffers, piece by piece: in the text form of gRPC-Web each piece
// may end with padding, and another follow it.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"
#include "source/base/buffer.h"

namespace sluice {

// All of `in`, padded.
void AppendBase64(const Buffer& in, Buffer& out);

class Base64Reader {
 public:
  // Appends the bytes of whole quartets to `out`, and keeps what has come of the next one. False:
  // this is no base64.
  [[nodiscard]] bool Read(const Buffer& in, Buffer& out);
  // Whether there is nothing kept.
  bool at_end_of_quartet() const { return characters_ == 0; }

 private:
  bool ReadPart(absl::string_view text, Buffer& out);
  bool Take(char character);
  size_t TakeBytes(char* to);

  uint32_t bits_ = 0;
  uint8_t characters_ = 0;  // of the quartet so far, with its padding
  uint8_t padding_ = 0;
};

}  // namespace sluice
