// OutgoingFields: a header or trailer section as nghttp2 takes it: pseudo-headers first, and
// without what HTTP/2 does not know (RFC 9113 section 8.2.2), so that a message that came by HTTP/1
// can be passed on as it is.
//
// Views into the Headers; nghttp2 copies them when they are submitted. On the stack of one call.
#pragma once

#include <nghttp2/nghttp2.h>

#include "absl/container/inlined_vector.h"
#include "source/base/units.h"
#include "source/http/headers.h"
#include "source/http/methods.h"

namespace sluice {

class OutgoingFields {
 public:
  void SetRequest(const Headers& headers, End end);
  // `request`: the method that it answers.
  void SetResponse(const Headers& headers, int status, Method request, End end);
  void SetTrailers(const Headers& trailers);

  const nghttp2_nv* data() const { return fields_.data(); }
  size_t size() const { return fields_.size(); }
  bool empty() const { return fields_.empty(); }

 private:
  enum class ContentLength : uint8_t { kDrop, kZeroOnly, kKeep };
  void Add(absl::string_view name, absl::string_view value, uint8_t flags);
  void AddPseudo(const Headers& headers, HeaderId id);
  void AddRegular(const Headers& headers, ContentLength length);

  absl::InlinedVector<nghttp2_nv, 32> fields_;
};

// Of kStatus; 0 where it is none.
int StatusOfResponse(const Headers& headers);

}  // namespace sluice
