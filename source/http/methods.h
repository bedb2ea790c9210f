// Methods: which request methods HTTP/1 accepts, and what is true of each. Pure; any thread.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

namespace sluice {

// The ones whose meaning changes how a message is read or retried; all others are kOther.
enum class Method : uint8_t {
  kOther,
  kGet,
  kHead,
  kPost,
  kPut,
  kDelete,
  kConnect,
  kOptions,
  kTrace
};

Method FindMethod(absl::string_view text);
// Registered with IANA or in wide use. Methods are case-sensitive (RFC 9110 section 9.1); others
// are refused, as Envoy does unless told otherwise, since a backend may read an unknown word as it
// likes.
bool IsKnownMethod(absl::string_view text);
// RFC 9110 section 9.2.2.
bool IsIdempotent(Method method);

}  // namespace sluice
