// A SubstitutionFormatString of Envoy's API, or the Struct of a json_format, to a LineFormat. Main
// thread; errors go to the scope, and nothing is returned where there was one.
#pragma once

#include <cstdint>
#include <optional>

#include "source/accesslog/line_format.h"
#include "source/config/field_scope.h"

namespace envoy::config::core::v3 {
class SubstitutionFormatString;
}
namespace google::protobuf {
class Struct;
}

namespace sluice {

std::optional<LineFormat> ParseSubstitutionFormat(
    const envoy::config::core::v3::SubstitutionFormatString& proto, const FieldScope& scope);

enum class JsonTypes : uint8_t {
  kKept,     // a value that is one operator keeps its type
  kStrings,  // all values are strings (the deprecated FileAccessLog.json_format)
};
// `scope` is that of `fields`.
std::optional<LineFormat> ParseJsonFormat(const google::protobuf::Struct& fields, JsonTypes types,
                                          JsonFormat::AbsentField absent, const FieldScope& scope);

}  // namespace sluice
