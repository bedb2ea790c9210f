// JsonFormat: a JSON object whose values hold command operators (json_format), keys sorted as Envoy
// sorts them. A value that is one operator keeps its type: numbers are numbers, what is absent is
// null.
//
// Const after it was made; any thread. Append allocates nothing once `out` has grown.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "source/accesslog/log_format.h"

namespace sluice {

class JsonFormat {
 public:
  struct Value {
    enum class Kind : uint8_t {
      kConstant,  // `text`, JSON already
      kFormat,    // `format`: always a string
      kTyped,     // `format`: keeps its type where it is a single operator
      kObject,
      kList,
    };
    Kind kind = Kind::kConstant;
    std::string text;
    std::optional<LogFormat> format;
    std::vector<std::pair<std::string, Value>> fields;  // names are JSON strings, quotes included
    std::vector<Value> items;
  };
  // Whether a field whose only operator is absent is left out, or null.
  enum class AbsentField : uint8_t { kNull, kOmit };

  // `root` is an object.
  JsonFormat(Value root, AbsentField absent) : root_(std::move(root)), absent_(absent) {}

  // The object and a newline.
  void Append(const FormatContext& context, std::string& out) const;

 private:
  // False, and nothing appended, for an absent field that is to be left out.
  bool AppendValue(const Value& value, const FormatContext& context, std::string& out) const;
  void AppendObject(const Value& value, const FormatContext& context, std::string& out) const;

  Value root_;
  AbsentField absent_;
};

}  // namespace sluice
