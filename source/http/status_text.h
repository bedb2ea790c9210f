// Reason phrases of the registered status codes (RFC 9110 section 15 and IANA). Pure; any thread.
#pragma once

#include "absl/strings/string_view.h"

namespace sluice {

// Empty for a code that has none.
absl::string_view StatusText(int status);

}  // namespace sluice
