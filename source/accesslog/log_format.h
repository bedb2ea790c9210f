// LogFormat: an Envoy format string ("%REQ(:METHOD)% ..."), parsed once into a list of operators.
// Used by access logs and by header values and local replies with operators in them.
//
// A const value, shared by all workers. Formatting appends to a string its caller reuses: no
// allocation once that has grown.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "source/accesslog/access_log_type.h"
#include "source/config/field_scope.h"
#include "source/http/headers.h"
#include "source/http/stream_info.h"

namespace sluice {

// What operators read. Null headers read as absent.
struct FormatContext {
  const StreamInfo& info;
  const Headers* request = nullptr;
  const Headers* response = nullptr;
  const Headers* response_trailers = nullptr;
  absl::string_view local_reply_body;
  WallTime now{};
  AccessLogType type = AccessLogType::kDownstreamEnd;
};

struct FormatOperator;

// What stands for an operator that has no value: Envoy's "-", or nothing (header values, and
// formats with omit_empty_values).
enum class AbsentText : uint8_t { kDash, kNothing };

class LogFormat {
 public:
  ~LogFormat();
  LogFormat(LogFormat&&) noexcept;
  LogFormat& operator=(LogFormat&&) noexcept;
  // Errors (unknown operator, unbalanced %) go to `scope`, all of them.
  static std::optional<LogFormat> Parse(absl::string_view format, const FieldScope& scope,
                                        AbsentText absent = AbsentText::kDash);
  // Envoy's default access log line, newline included.
  static absl::string_view DefaultText();

  void Append(const FormatContext& context, std::string& out) const;
  bool constant() const;  // no operator in it
  // The text of a constant format.
  absl::string_view constant_text() const;
  // The operator that is all of the format, or null: such a value keeps its type in JSON.
  const FormatOperator* single_operator() const;

 private:
  LogFormat(std::vector<FormatOperator> operators, AbsentText absent);
  std::vector<FormatOperator> operators_;
  AbsentText absent_;
};

}  // namespace sluice
