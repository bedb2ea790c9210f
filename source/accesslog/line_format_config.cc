#include "source/accesslog/line_format_config.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "envoy/config/core/v3/substitution_format_string.pb.h"
#include "google/protobuf/struct.pb.h"
#include "source/base/json_text.h"
#include "source/config/proto_fields.h"

namespace sluice {
namespace {

using envoy::config::core::v3::SubstitutionFormatString;
using google::protobuf::Struct;
using JsonValue = JsonFormat::Value;

class JsonReader {
 public:
  JsonReader(JsonTypes types, AbsentText absent) : types_(types), absent_(absent) {}

  JsonValue ReadObject(const Struct& fields, const FieldScope& scope) {
    JsonValue object;
    object.kind = JsonValue::Kind::kObject;
    std::map<std::string_view, const google::protobuf::Value*> sorted;
    for (const auto& [name, value] : fields.fields()) sorted[name] = &value;
    for (const auto& [name, value] : sorted) {
      std::string quoted;
      AppendJsonString(name, quoted);
      object.fields.emplace_back(std::move(quoted), Read(*value, scope.AtKey("fields", name)));
    }
    return object;
  }

 private:
  JsonValue Read(const google::protobuf::Value& value, const FieldScope& scope) {
    JsonValue result;
    switch (value.kind_case()) {
      case google::protobuf::Value::kStructValue:
        return ReadObject(value.struct_value(), scope);
      case google::protobuf::Value::kListValue:
        result.kind = JsonValue::Kind::kList;
        for (int i = 0; i < value.list_value().values_size(); ++i) {
          result.items.push_back(Read(value.list_value().values(i), scope.At("values", i)));
        }
        return result;
      case google::protobuf::Value::kStringValue:
        result.kind =
            types_ == JsonTypes::kKept ? JsonValue::Kind::kTyped : JsonValue::Kind::kFormat;
        result.format = LogFormat::Parse(value.string_value(), scope, absent_);
        return result;
      case google::protobuf::Value::kNumberValue:
        AppendJsonNumber(value.number_value(), result.text);
        return result;
      case google::protobuf::Value::kBoolValue:
        result.text = value.bool_value() ? "true" : "false";
        return result;
      default:
        result.text = "null";
        return result;
    }
  }

  JsonTypes types_;
  AbsentText absent_;
};

}  // namespace

std::optional<LineFormat> ParseJsonFormat(const Struct& fields, JsonTypes types,
                                          JsonFormat::AbsentField absent, const FieldScope& scope) {
  const size_t errors_before = scope.errors().size();
  const AbsentText text =
      absent == JsonFormat::AbsentField::kOmit ? AbsentText::kNothing : AbsentText::kDash;
  JsonValue root = JsonReader(types, text).ReadObject(fields, scope);
  if (scope.errors().size() != errors_before) return std::nullopt;
  return LineFormat(JsonFormat(std::move(root), absent));
}

std::optional<LineFormat> ParseSubstitutionFormat(const SubstitutionFormatString& proto,
                                                  const FieldScope& scope) {
  const AbsentText absent = proto.omit_empty_values() ? AbsentText::kNothing : AbsentText::kDash;
  std::optional<LogFormat> text;
  switch (proto.format_case()) {
    case SubstitutionFormatString::kTextFormat:
      text = LogFormat::Parse(proto.text_format(), scope.At("text_format"), absent);
      break;
    case SubstitutionFormatString::kTextFormatSource: {
      const FieldScope source_scope = scope.At("text_format_source");
      const auto source = ReadDataSource(proto.text_format_source(), source_scope);
      if (source.has_value()) text = LogFormat::Parse(*source, source_scope, absent);
      break;
    }
    case SubstitutionFormatString::kJsonFormat:
      return ParseJsonFormat(proto.json_format(), JsonTypes::kKept,
                             proto.omit_empty_values() ? JsonFormat::AbsentField::kOmit
                                                       : JsonFormat::AbsentField::kNull,
                             scope.At("json_format"));
    case SubstitutionFormatString::FORMAT_NOT_SET:
      scope.Error("needs a format", "set one of text_format_source, json_format, text_format");
      break;
  }
  if (!text.has_value()) return std::nullopt;
  return LineFormat(*std::move(text));
}

}  // namespace sluice
