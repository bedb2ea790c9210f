// LineFormat: what a SubstitutionFormatString of envoy.config.core.v3 says: text or JSON. Const;
// any thread.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "source/accesslog/json_format.h"
#include "source/accesslog/log_format.h"

namespace sluice {

class LineFormat {
 public:
  explicit LineFormat(LogFormat text) : format_(std::move(text)) {}
  explicit LineFormat(JsonFormat json) : format_(std::move(json)) {}

  // JSON ends with a newline; text as it is written.
  void Append(const FormatContext& context, std::string& out) const {
    std::visit([&](const auto& format) { format.Append(context, out); }, format_);
  }

 private:
  std::variant<LogFormat, JsonFormat> format_;
};

}  // namespace sluice
