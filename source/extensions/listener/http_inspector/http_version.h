// Which HTTP the first bytes of a connection are: the request line of HTTP/1 (RFC 9112 section 3),
// or the preface of HTTP/2 (RFC 9113 section 3.4). Pure.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

namespace sluice {

enum class HttpVersionSeen : uint8_t { kNeedMore, kNotHttp, kHttp10, kHttp11, kHttp2 };

// `first` begins with the connection's first byte. The answer is as early as it can be: a byte that
// no request line has makes it kNotHttp.
HttpVersionSeen SeeHttpVersion(absl::string_view first);

}  // namespace sluice
