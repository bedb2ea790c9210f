// Parser: the head of an HTTP/1 message as tokens that point into its text (RFC 9112 sections 2 to
// 6). Pure: one call looks at one piece of text and keeps nothing, so that where a read was cut has
// no influence on what is found.
//
// Strictly from left to right: an error is found in the same place however little follows. Any
// thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"
#include "source/http/codec.h"
#include "source/http/codec_limits.h"
#include "source/http/headers.h"
#include "source/http/message_rules.h"
#include "source/http/request_target.h"

namespace sluice {

enum class ParseStatus : uint8_t { kDone, kNeedMore, kError };

// A field line. The name is as it came.
struct FieldToken {
  uint32_t name;  // offsets into the text
  uint32_t value;
  uint32_t value_size;
  uint16_t name_size;
  HeaderId id;
  bool is_line;  // one space before the value, none behind it: see Header
};
using FieldTokens = absl::InlinedVector<FieldToken, 32>;

struct RequestHead {
  CodecError error = CodecError::kNone;
  size_t size = 0;       // bytes of the head, its empty line included
  size_t text_size = 0;  // without the empty line: what there is to keep
  Method method = Method::kOther;
  HttpProtocol protocol = HttpProtocol::kHttp11;
  absl::string_view method_text;
  RequestTarget target;
  absl::string_view authority;
  FieldTokens fields;  // without Host
  Framing framing;
};
// A complete head is valid in all its parts: start line, fields, framing, Host. At most `text` is
// looked at, of which only kDone says that it holds a whole head.
ParseStatus ParseRequestHead(absl::string_view text, const CodecLimits& limits,
                             const Http1Options& options, RequestHead* head);

struct ResponseHead {
  CodecError error = CodecError::kNone;
  size_t size = 0;
  size_t text_size = 0;
  uint16_t status = 0;
  HttpProtocol protocol = HttpProtocol::kHttp11;
  absl::string_view status_text;  // the three digits
  FieldTokens fields;
  Framing framing;
};
// `method`: of the request that it answers.
ParseStatus ParseResponseHead(absl::string_view text, Method method, const CodecLimits& limits,
                              const Http1Options& options, ResponseHead* head);

struct TrailerSection {
  CodecError error = CodecError::kNone;
  size_t size = 0;
  FieldTokens fields;  // those that may be passed on
};
ParseStatus ParseTrailers(absl::string_view text, const CodecLimits& limits,
                          TrailerSection* section);

// A copy of the text that was parsed, in an arena, with the room behind it that AddFields needs.
char* CopyHeadText(absl::string_view text, Arena& arena);
// Adds the fields to `headers`, names lower-cased in place. `text` is of CopyHeadText, in the arena
// of `headers`. Leaves out Content-Length if it must not be passed on.
void AddFields(const FieldTokens& fields, const Framing& framing, char* text, Headers& headers);

}  // namespace sluice
