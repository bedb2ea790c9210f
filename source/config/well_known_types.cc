#include "source/config/well_known_types.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"

namespace sluice {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::ListValue;
using google::protobuf::Message;
using google::protobuf::Struct;
using google::protobuf::Value;

// The range of google.protobuf.Duration: about 10,000 years.
constexpr int64_t kDurationSecondsMax = 315'576'000'000;

// "-1.5s" in two numbers of one sign.
bool SplitDuration(std::string_view text, int64_t& seconds, int32_t& nanos) {
  bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (!text.ends_with('s')) return false;
  text.remove_suffix(1);
  std::pair<std::string_view, std::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits('.', 1));
  auto [whole, fraction] = parts;
  // SimpleAtoi would pass over white space.
  if (whole.find_first_not_of("0123456789") != std::string_view::npos) return false;
  if (!absl::SimpleAtoi(whole, &seconds)) return false;
  if (seconds > kDurationSecondsMax || fraction.size() > 9) return false;
  if (text.ends_with('.')) return false;
  nanos = 0;
  std::string nine_digits(fraction);
  nine_digits.resize(9, '0');
  for (char c : nine_digits) {
    if (!absl::ascii_isdigit(c)) return false;
    nanos = nanos * 10 + (c - '0');
  }
  if (negative) {
    seconds = -seconds;
    nanos = -nanos;
  }
  return true;
}

void StoreSecondsAndNanos(int64_t seconds, int32_t nanos, Message& message) {
  const Descriptor& type = *message.GetDescriptor();
  message.GetReflection()->SetInt64(&message, type.FindFieldByName("seconds"), seconds);
  message.GetReflection()->SetInt32(&message, type.FindFieldByName("nanos"), nanos);
}

// What a number in another unit, or without one, is in the only unit there is; or "".
std::string InSeconds(std::string_view text) {
  struct Unit {
    std::string_view name;
    double seconds;
  };
  for (const Unit& unit : {Unit{"us", 1e-6}, {"ms", 1e-3}, {"m", 60}, {"h", 3600}, {"", 1}}) {
    double number = 0;
    if (!text.ends_with(unit.name)) continue;
    if (absl::SimpleAtod(text.substr(0, text.size() - unit.name.size()), &number)) {
      return absl::StrCat(number * unit.seconds, "s");
    }
  }
  return "";
}

void ReadDuration(const ConfigNode& node, Message& message, const FieldScope& scope) {
  int64_t seconds = 0;
  int32_t nanos = 0;
  if (node.is_scalar() && SplitDuration(node.text, seconds, nanos)) {
    return StoreSecondsAndNanos(seconds, nanos, message);
  }
  std::string hint = node.is_scalar() ? InSeconds(node.text) : "";
  if (!hint.empty()) hint = absl::StrCat("did you mean \"", hint, "\"?");
  scope.Error(absl::StrCat("must be a duration in seconds such as \"0.25s\", is ", Describe(node)),
              hint);
}

void ReadTimestamp(const ConfigNode& node, Message& message, const FieldScope& scope) {
  absl::Time time;
  std::string error;
  if (!node.is_scalar() || !absl::ParseTime(absl::RFC3339_full, node.text, &time, &error)) {
    return scope.Error(
        absl::StrCat("must be a time such as \"2026-01-31T12:00:00Z\", is ", Describe(node)));
  }
  int64_t seconds = absl::ToUnixSeconds(time);
  absl::Duration rest = time - absl::FromUnixSeconds(seconds);
  StoreSecondsAndNanos(seconds, static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)), message);
}

void ReadFieldMask(const ConfigNode& node, Message& message, const FieldScope& scope) {
  if (!node.is_scalar()) {
    return scope.Error(absl::StrCat("must be field names with commas, is ", Describe(node)));
  }
  const FieldDescriptor* paths = message.GetDescriptor()->FindFieldByName("paths");
  for (std::string_view camel : absl::StrSplit(node.text, ',', absl::SkipEmpty())) {
    std::string path;
    for (char c : camel) {
      if (absl::ascii_isupper(c)) path += '_';
      path += absl::ascii_tolower(c);
    }
    message.GetReflection()->AddString(&message, paths, path);
  }
}

void ReadValue(const ConfigNode& node, Notation notation, Value& value);

void ReadStructFields(const ConfigNode& node, Notation notation, Struct& data) {
  for (const ConfigEntry& entry : node.entries) {
    ReadValue(entry.value, notation, (*data.mutable_fields())[entry.key]);
  }
}

void ReadListValues(const ConfigNode& node, Notation notation, ListValue& list) {
  for (const ConfigNode& item : node.items) ReadValue(item, notation, *list.add_values());
}

void ReadPlainValue(const ConfigNode& node, Notation notation, Value& value) {
  double number = 0;
  bool flag = false;
  if (node.is_plain() && ReadBool(node.text, notation, flag)) {
    value.set_bool_value(flag);
  } else if (node.is_plain() && LooksLikeNumber(node.text) &&
             absl::SimpleAtod(node.text, &number)) {
    value.set_number_value(number);
  } else {
    value.set_string_value(node.text);
  }
}

void ReadValue(const ConfigNode& node, Notation notation, Value& value) {
  switch (node.kind) {
    case ConfigNode::Kind::kNull:
      return value.set_null_value(google::protobuf::NULL_VALUE);
    case ConfigNode::Kind::kScalar:
      return ReadPlainValue(node, notation, value);
    case ConfigNode::Kind::kList:
      return ReadListValues(node, notation, *value.mutable_list_value());
    case ConfigNode::Kind::kMap:
      return ReadStructFields(node, notation, *value.mutable_struct_value());
  }
}

void ReadFreeForm(const ConfigNode& node, Notation notation, Message& message,
                  const FieldScope& scope) {
  if (message.GetDescriptor() == Value::descriptor()) {
    auto& value = static_cast<Value&>(message);
    value.Clear();
    return ReadValue(node, notation, value);
  }
  bool is_struct = message.GetDescriptor() == Struct::descriptor();
  if (is_struct ? !node.is_map() : !node.is_list()) {
    return scope.Error(
        absl::StrCat("must be ", is_struct ? "a message" : "a list", ", is ", Describe(node)));
  }
  if (is_struct) return ReadStructFields(node, notation, static_cast<Struct&>(message));
  ReadListValues(node, notation, static_cast<ListValue&>(message));
}

ConfigNode NodeFromValue(const Value& value) {
  ConfigNode node;
  switch (value.kind_case()) {
    case Value::kNullValue:
    case Value::KIND_NOT_SET:
      return node;
    case Value::kStructValue:
      return NodeFromStruct(value.struct_value());
    case Value::kListValue:
      node.kind = ConfigNode::Kind::kList;
      for (const Value& item : value.list_value().values()) {
        node.items.push_back(NodeFromValue(item));
      }
      return node;
    case Value::kStringValue:
      node.text = value.string_value();
      node.quote = ConfigNode::Quote::kQuoted;
      break;
    case Value::kBoolValue:
      node.text = value.bool_value() ? "true" : "false";
      break;
    case Value::kNumberValue: {
      std::array<char, 32> digits;
      double number = value.number_value();
      int size = snprintf(digits.data(), digits.size(), "%.17g", number);
      node.text.assign(digits.data(), size);
      break;
    }
  }
  node.kind = ConfigNode::Kind::kScalar;
  return node;
}

}  // namespace

bool HasOwnJsonForm(const Descriptor& type) {
  switch (type.well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_UNSPECIFIED:
    case Descriptor::WELLKNOWNTYPE_ANY:
      return false;
    default:
      return true;
  }
}

void ReadWellKnown(const ConfigNode& node, Notation notation, Message& message,
                   const FieldScope& scope) {
  const Descriptor& type = *message.GetDescriptor();
  switch (type.well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_DURATION:
      return ReadDuration(node, message, scope);
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP:
      return ReadTimestamp(node, message, scope);
    case Descriptor::WELLKNOWNTYPE_FIELDMASK:
      return ReadFieldMask(node, message, scope);
    case Descriptor::WELLKNOWNTYPE_VALUE:
    case Descriptor::WELLKNOWNTYPE_LISTVALUE:
    case Descriptor::WELLKNOWNTYPE_STRUCT:
      return ReadFreeForm(node, notation, message, scope);
    default:  // the wrappers
      return ReadScalar(node, notation, *type.FindFieldByName("value"), Store::kSet, message,
                        scope);
  }
}

ConfigNode NodeFromStruct(const Struct& data) {
  ConfigNode node;
  node.kind = ConfigNode::Kind::kMap;
  for (const auto& [key, value] : data.fields()) {
    node.entries.push_back({key, 0, NodeFromValue(value)});
  }
  return node;
}

}  // namespace sluice
