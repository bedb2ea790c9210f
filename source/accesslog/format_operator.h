// FormatOperator: one piece of a LogFormat: literal text, or one of Envoy's command operators with
// its arguments. Const after it was made; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "source/accesslog/log_format.h"
#include "source/accesslog/time_format.h"
#include "source/http/match/header_key.h"

namespace sluice {

struct FormatOperator {
  // Appends the value; false, and nothing appended, where there is none.
  using Evaluate = bool (*)(const FormatOperator&, const FormatContext&, std::string&);

  Evaluate evaluate = nullptr;  // null: `text` as it is
  std::string text;             // literal, or what was known when the format was read (HOSTNAME)
  HeaderKey header, alternative;
  std::optional<TimeFormat> time;
  size_t bytes_max = absl::string_view::npos;
  std::vector<std::string> path;  // a namespace, and keys below it
  bool number = false;            // its value is JSON as it is: a number, or an object

  // `evaluate`, cut to bytes_max; true for literals.
  bool Append(const FormatContext& context, std::string& out) const;
};

// What stands in an operator's parentheses.
enum class OperatorArgument : uint8_t {
  kNone,         // no parentheses
  kHeaders,      // (NAME) or (NAME?OTHER)
  kTime,         // (a time pattern), or nothing
  kMetadata,     // (NAMESPACE) or (NAMESPACE:KEY), further keys behind colons
  kVariable,     // (the name of an environment variable)
  kHostName,     // no parentheses; the machine's name is filled in
  kUnevaluated,  // anything: it concerns a feature whose value is always absent here
};

struct OperatorKind {
  absl::string_view name;
  OperatorArgument argument;
  bool number;
  FormatOperator::Evaluate evaluate;
};

// Null when there is none of that name.
const OperatorKind* FindOperatorKind(absl::string_view name);
std::vector<absl::string_view> OperatorNames();

}  // namespace sluice
