// FieldSection: one header or trailer section as it comes out of HPACK, held against the limits and
// the rules of RFC 9113 section 8 while it comes, and then handed over in the form that HTTP/1
// gives too: `:authority` and Host are one, cookie crumbs are joined, connection-specific fields
// are refused.
//
// One at a time is under way on a connection. What is too large is not kept, so that a small block
// that unpacks to much (RFC 9113 section 10.5.1) costs the limit and no more. The first error
// stays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"
#include "source/base/units.h"
#include "source/http/codec.h"
#include "source/http/codec_limits.h"
#include "source/http/headers.h"
#include "source/http/message_rules.h"
#include "source/http/methods.h"

namespace sluice {

// What the DATA frames of a message may come to.
struct Http2BodyLength {
  bool known = false;
  uint64_t bytes = 0;  // where known
};

enum class ExtendedConnect : uint8_t { kRefused, kAllowed };

class FieldSection {
 public:
  enum class Kind : uint8_t { kRequest, kResponse, kTrailers };

  void Start(Kind kind);
  void Add(absl::string_view name, absl::string_view value, const CodecLimits& limits);
  // After the last field: whether it is a message head, or trailers, and what its body may be.
  CodecError FinishRequest(ExtendedConnect extended, End end, Http2BodyLength* body);
  // `method` is that of the request.
  CodecError FinishResponse(Method method, End end, Http2BodyLength* body);
  CodecError FinishTrailers(End end);

  // After a Finish without an error: adds it all, copied once.
  void MoveTo(Headers& headers);
  void Clear();

  Kind kind() const { return kind_; }
  Method method() const { return method_; }
  int status() const { return status_; }
  bool informational() const { return status_ / 100 == 1; }

 private:
  struct Token {
    uint32_t name;  // offset into text_; of a known name there is none
    uint32_t name_size;
    uint32_t value;
    uint32_t value_size;
    HeaderId id;
  };
  void Fail(CodecError error) {
    if (error_ == CodecError::kNone) error_ = error;
  }
  bool TakePseudo(HeaderId id, absl::string_view value, const CodecLimits& limits);
  bool TakeField(HeaderId id, absl::string_view name, absl::string_view value);
  void TakeHost(absl::string_view value);
  void Keep(HeaderId id, absl::string_view name, absl::string_view value);
  bool Seen(HeaderId id) const { return (seen_ & Bit(id)) != 0; }
  static uint32_t Bit(HeaderId id) { return uint32_t{1} << static_cast<int>(id); }
  CodecError CheckRequest(ExtendedConnect extended) const;
  void AddJoinedCookies(const char* text, Headers& headers) const;

  std::string text_;
  absl::InlinedVector<Token, 32> tokens_;
  FramingFields framing_;
  size_t size_ = 0;          // as SETTINGS_MAX_HEADER_LIST_SIZE counts it
  size_t count_ = 0;         // fields, cookie crumbs as one
  size_t cookies_size_ = 0;  // joined
  uint32_t seen_ = 0;        // pseudo-headers and Host
  uint32_t authority_ = 0;   // index of the token that :authority, or Host, is
  uint32_t cookies_ = 0;
  int status_ = 0;
  Kind kind_ = Kind::kRequest;
  Method method_ = Method::kOther;
  CodecError error_ = CodecError::kNone;
  bool fields_begun_ = false;
  bool path_is_asterisk_ = false;
};

}  // namespace sluice
