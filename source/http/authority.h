// Authority: host and port of a request (RFC 3986 section 3.2, without user information). Pure; any
// thread.
#pragma once

#include "absl/strings/string_view.h"

namespace sluice {

// uri-host [ ":" [ port ] ]: an IPv6 literal in brackets, or a registered name or IPv4 address. One
// colon at most outside brackets; port 0 to 65535.
bool IsValidAuthority(absl::string_view authority);
// The same with a port that is there: the target of CONNECT (RFC 9112 section 3.2.3).
bool IsValidAuthorityWithPort(absl::string_view authority);

}  // namespace sluice
