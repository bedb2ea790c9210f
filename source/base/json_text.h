// JSON text: strings and numbers as RFC 8259 wants them, appended to text that is being built.
// Pure.
#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace sluice {

// With its quotes. Bytes that are not UTF-8 become U+FFFD, one for each.
void AppendJsonString(absl::string_view text, std::string& out);

// Bytes of the UTF-8 character that `text`, which is not empty, begins with; 0: it is none.
size_t Utf8Length(absl::string_view text);

// The shortest text that reads back as the same number; null for NaN and the infinities.
void AppendJsonNumber(double value, std::string& out);

}  // namespace sluice
