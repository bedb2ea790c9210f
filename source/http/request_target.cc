#include "source/http/request_target.h"

#include <cstddef>

#include "absl/strings/match.h"
#include "source/http/authority.h"

namespace sluice {
namespace {

bool ParseAbsolute(absl::string_view target, Method method, RequestTarget* out) {
  if (absl::StartsWithIgnoreCase(target, "http://")) {
    out->scheme = "http";
    target.remove_prefix(7);
  } else if (absl::StartsWithIgnoreCase(target, "https://")) {
    out->scheme = "https";
    target.remove_prefix(8);
  } else {
    return false;
  }
  const size_t end = target.find_first_of("/?");
  out->form = TargetForm::kAbsolute;
  out->authority = target.substr(0, end);
  if (end != absl::string_view::npos) out->path = target.substr(end);
  out->needs_slash = out->path.empty() || out->path.front() == '?';
  if (out->path.empty() && method == Method::kOptions) {
    // RFC 9112 section 3.2.4: for the origin this is the asterisk form.
    out->path = "*";
    out->needs_slash = false;
  }
  return IsValidAuthority(out->authority);
}

}  // namespace

bool IsTargetByte(char c) { return c > ' ' && c < 0x7f && c != '#'; }

bool ParseRequestTarget(absl::string_view target, Method method, AbsoluteForm absolute,
                        RequestTarget* out) {
  *out = {};
  if (target.empty()) return false;
  if (method == Method::kConnect) {
    out->form = TargetForm::kAuthority;
    out->authority = target;
    return IsValidAuthorityWithPort(target);
  }
  if (target.front() == '/') {
    out->path = target;
    return true;
  }
  if (target == "*") {
    out->form = TargetForm::kAsterisk;
    out->path = target;
    return method == Method::kOptions;
  }
  return absolute == AbsoluteForm::kAllowed && ParseAbsolute(target, method, out);
}

}  // namespace sluice
