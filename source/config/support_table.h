#pragma once

#include <string_view>

namespace sluice {

// The text of the table of fields that take effect (notation: see support_table.cc).
extern const std::string_view kSupportTableText;

}  // namespace sluice
