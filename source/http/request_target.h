// Request target: the four forms of RFC 9112 section 3.2 taken apart. Pure; any thread.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"
#include "source/http/methods.h"

namespace sluice {

enum class TargetForm : uint8_t { kOrigin, kAbsolute, kAuthority, kAsterisk };

struct RequestTarget {
  TargetForm form = TargetForm::kOrigin;
  absl::string_view scheme;     // absolute: "http" or "https"
  absl::string_view authority;  // absolute and authority
  // Empty for the authority form. Of an absolute target without a path it may lack the leading
  // slash
  // ("?a=b"), which needs_slash says.
  absl::string_view path;
  bool needs_slash = false;
};

enum class AbsoluteForm : uint8_t { kAllowed, kRefused };

// Printable ASCII without "#" (RFC 3986; a fragment is never sent, and Envoy refuses it).
bool IsTargetByte(char c);

// False where it is none of the forms, or not one that the method may have.
bool ParseRequestTarget(absl::string_view target, Method method, AbsoluteForm absolute,
                        RequestTarget* out);

}  // namespace sluice
