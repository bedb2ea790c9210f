// LogFormat: an Envoy format string ("%REQ(:METHOD)% ..."), parsed once into a list of operators. Used by
// access logs and by header values and local replies with operators in them.
//
// A const value, shared by all workers. Formatting appends to a string its caller reuses: no allocation
// once that has grown.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
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
};

class FormatOperator;

class LogFormat {
 public:
  ~LogFormat();
  LogFormat(LogFormat&&) noexcept;
  LogFormat& operator=(LogFormat&&) noexcept;
  // Errors (unknown operator, unbalanced %) go to `scope`, all of them.
  static std::optional<LogFormat> Parse(absl::string_view format, FieldScope scope);
  // Envoy's default access log line, newline included.
  static const char* DefaultText();

  // An absent value is "-"; with omit_empty, nothing.
  void Append(const FormatContext& context, std::string& out) const;
  bool constant() const;  // no operator in it

 private:
  explicit LogFormat(std::vector<std::unique_ptr<const FormatOperator>> operators);
  std::vector<std::unique_ptr<const FormatOperator>> operators_;
};

}  // namespace sluice
