#include "source/config/value_text.h"

#include <charconv>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/struct.pb.h"

namespace sluice {
namespace {

using google::protobuf::Value;

void Append(const Value& value, std::string& to);

void AppendText(std::string_view text, std::string& to) {
  to += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') to += '\\';
    to += c;
  }
  to += '"';
}

// The shortest that reads back as the same.
void AppendNumber(double number, std::string& to) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof(text), number).ptr;
  to.append(text, end);
}

void AppendList(const google::protobuf::ListValue& list, std::string& to) {
  to += '[';
  for (const Value& item : list.values()) {
    if (to.back() != '[') to += ',';
    Append(item, to);
  }
  to += ']';
}

void AppendObject(const google::protobuf::Struct& object, std::string& to) {
  const std::map<std::string, Value> in_order(object.fields().begin(), object.fields().end());
  to += '{';
  for (const auto& [key, value] : in_order) {
    if (to.back() != '{') to += ',';
    AppendText(key, to);
    to += ':';
    Append(value, to);
  }
  to += '}';
}

// Depth is what the parser of the configuration has let through.
void Append(const Value& value, std::string& to) {
  switch (value.kind_case()) {
    case Value::kStringValue:
      return AppendText(value.string_value(), to);
    case Value::kNumberValue:
      return AppendNumber(value.number_value(), to);
    case Value::kBoolValue:
      return absl::StrAppend(&to, value.bool_value() ? "true" : "false");
    case Value::kListValue:
      return AppendList(value.list_value(), to);
    case Value::kStructValue:
      return AppendObject(value.struct_value(), to);
    default:
      return absl::StrAppend(&to, "null");
  }
}

}  // namespace

std::string ValueText(const Value& value) {
  std::string text;
  Append(value, text);
  return text;
}

KeyValues ReadKeyValues(const google::protobuf::Struct& object) {
  std::vector<KeyValue> entries;
  for (const auto& [key, value] : object.fields()) entries.push_back({key, ValueText(value)});
  return KeyValues(std::move(entries));
}

}  // namespace sluice
