// ChunkedReader: chunk framing taken off a body (RFC 9112 section 7.1), one byte of framing at a
// time, so that reads may be cut anywhere; chunk content is moved. And the writing of chunk heads.
//
// A value without a heap; one thread. Strict: sizes are plain hexadecimal digits, lines end by
// CRLF, extensions have their grammar and no white space outside quotes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "source/base/buffer.h"
#include "source/http/codec.h"
#include "source/http/codec_limits.h"

namespace sluice {

class ChunkedReader {
 public:
  enum class Result : uint8_t {
    kMore,      // all of `in` is used
    kTrailers,  // the last chunk is read; `in` begins with the trailer section
    kError,
  };
  // Moves content from `in` to `body`.
  Result Read(Buffer& in, Buffer& body, const CodecLimits& limits);

 private:
  enum class State : uint8_t {
    kSizeFirst,
    kSize,
    kExtensionName,
    kExtensionNameRest,
    kExtensionValue,
    kExtensionToken,
    kExtensionQuoted,
    kExtensionEscaped,
    kExtensionQuotedEnd,
    kSizeLf,
    kContent,
    kContentCr,
    kContentLf,
    kTrailers
  };
  bool TakeLineByte(char c);
  bool EndExtension(char c);

  uint64_t remaining_ = 0;  // of the chunk's content; while its size is read: the size so far
  uint32_t line_bytes_ = 0;
  State state_ = State::kSizeFirst;
};

// Longest size line that is written: 16 digits and CRLF.
inline constexpr size_t kChunkHeadMax = 18;
// Writes "1f\r\n"; returns its length.
size_t WriteChunkHead(uint64_t size, char* to);

}  // namespace sluice
