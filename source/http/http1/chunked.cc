#include "source/http/http1/chunked.h"

#include <algorithm>
#include <bit>

#include "source/http/field_scan.h"
#include "source/http/message_rules.h"

namespace sluice {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

ChunkedReader::Result ChunkedReader::Read(Buffer& in, Buffer& body, const CodecLimits& limits) {
  while (!in.empty()) {
    if (state_ == State::kContent) {
      const size_t n = static_cast<size_t>(std::min<uint64_t>(in.size(), remaining_));
      body.MoveFrom(in, n);
      remaining_ -= n;
      if (remaining_ > 0) return Result::kMore;
      state_ = State::kContentCr;
      continue;
    }
    const absl::string_view front = in.Front();
    size_t used = 0;
    while (used < front.size() && state_ != State::kContent && state_ != State::kTrailers) {
      if (++line_bytes_ > limits.chunk_line_bytes_max) return Result::kError;
      if (!TakeLineByte(front[used])) return Result::kError;
      ++used;
    }
    in.Drain(used);
    if (state_ == State::kTrailers) return Result::kTrailers;
  }
  return state_ == State::kTrailers ? Result::kTrailers : Result::kMore;
}

bool ChunkedReader::TakeLineByte(char c) {
  switch (state_) {
    case State::kSizeFirst:
    case State::kSize: {
      const int digit = HexDigit(c);
      if (digit >= 0) {
        if (remaining_ >> 59 != 0) return false;  // would not fit into 63 bits
        remaining_ = remaining_ * 16 + static_cast<unsigned>(digit);
        state_ = State::kSize;
        return true;
      }
      return state_ == State::kSize && EndExtension(c);
    }
    case State::kExtensionName:
      state_ = State::kExtensionNameRest;
      return TokenLowerCase(c) != 0;
    case State::kExtensionNameRest:
      if (c != '=') return TokenLowerCase(c) != 0 || EndExtension(c);
      state_ = State::kExtensionValue;
      return true;
    case State::kExtensionValue:
      state_ = c == '"' ? State::kExtensionQuoted : State::kExtensionToken;
      return c == '"' || TokenLowerCase(c) != 0;
    case State::kExtensionToken:
      return TokenLowerCase(c) != 0 || EndExtension(c);
    case State::kExtensionQuoted:
      if (c == '"') state_ = State::kExtensionQuotedEnd;
      if (c == '\\') state_ = State::kExtensionEscaped;
      return IsFieldValueByte(c);
    case State::kExtensionEscaped:
      state_ = State::kExtensionQuoted;
      return IsFieldValueByte(c);
    case State::kExtensionQuotedEnd:
      return EndExtension(c);
    case State::kSizeLf:
      state_ = remaining_ == 0 ? State::kTrailers : State::kContent;
      line_bytes_ = 0;
      return c == '\n';
    case State::kContentCr:
      state_ = State::kContentLf;
      return c == '\r';
    case State::kContentLf:
      state_ = State::kSizeFirst;
      line_bytes_ = 0;
      return c == '\n';
    case State::kContent:
    case State::kTrailers:
      break;
  }
  return false;
}

// After a size or an extension: another extension, or the end of the line.
bool ChunkedReader::EndExtension(char c) {
  if (c == ';') {
    state_ = State::kExtensionName;
    return true;
  }
  state_ = State::kSizeLf;
  return c == '\r';
}

size_t WriteChunkHead(uint64_t size, char* to) {
  static constexpr char kDigits[] = "0123456789abcdef";
  const size_t digits = size == 0 ? 1 : (std::bit_width(size) + 3) / 4;
  for (size_t i = digits; i > 0; --i, size >>= 4) to[i - 1] = kDigits[size & 15];
  to[digits] = '\r';
  to[digits + 1] = '\n';
  return digits + 2;
}

}  // namespace sluice
