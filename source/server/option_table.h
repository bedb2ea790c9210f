#pragma once

#include <string>
#include <string_view>

#include "absl/types/span.h"
#include "source/server/options.h"

namespace sluice {

// One command line option. `set` stores the value, or says in `wrong` what it must be ("a whole
// number from 1 to 5") and returns false. A null `set` is an option that is accepted, because
// control planes and deployments written for Envoy pass it, and does nothing; `meaning` says why
// nothing is lost.
struct OptionRow {
  std::string_view name;        // --config-path
  std::string_view short_name;  // -c
  std::string_view value_name;  // <file>; empty: takes no value
  std::string_view meaning;
  bool (*set)(std::string_view value, Options& options, std::string& wrong) = nullptr;
};

absl::Span<const OptionRow> OptionTable();

// What --help prints: every option of the table.
std::string HelpText();

}  // namespace sluice
