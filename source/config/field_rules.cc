#include "source/config/field_rules.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "source/config/number_rules.h"
#include "source/config/string_rules.h"

namespace sluice {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using validate::FieldRules;

// A singular or repeated value through reflection, as the C++ type that the rules have.
class ValueReader {
 public:
  ValueReader(const Message& message, const FieldDescriptor& field, int index)
      : message_(message), field_(field), index_(index), reflection_(*message.GetReflection()) {}

  int32_t Int32() const {
    return single() ? reflection_.GetInt32(message_, &field_)
                    : reflection_.GetRepeatedInt32(message_, &field_, index_);
  }
  int64_t Int64() const {
    return single() ? reflection_.GetInt64(message_, &field_)
                    : reflection_.GetRepeatedInt64(message_, &field_, index_);
  }
  uint32_t UInt32() const {
    return single() ? reflection_.GetUInt32(message_, &field_)
                    : reflection_.GetRepeatedUInt32(message_, &field_, index_);
  }
  uint64_t UInt64() const {
    return single() ? reflection_.GetUInt64(message_, &field_)
                    : reflection_.GetRepeatedUInt64(message_, &field_, index_);
  }
  float Float() const {
    return single() ? reflection_.GetFloat(message_, &field_)
                    : reflection_.GetRepeatedFloat(message_, &field_, index_);
  }
  double Double() const {
    return single() ? reflection_.GetDouble(message_, &field_)
                    : reflection_.GetRepeatedDouble(message_, &field_, index_);
  }
  bool Bool() const {
    return single() ? reflection_.GetBool(message_, &field_)
                    : reflection_.GetRepeatedBool(message_, &field_, index_);
  }
  int Enum() const {
    return single() ? reflection_.GetEnumValue(message_, &field_)
                    : reflection_.GetRepeatedEnumValue(message_, &field_, index_);
  }
  std::string String() const {
    return single() ? reflection_.GetString(message_, &field_)
                    : reflection_.GetRepeatedString(message_, &field_, index_);
  }
  const Message& Submessage() const {
    return single() ? reflection_.GetMessage(message_, &field_)
                    : reflection_.GetRepeatedMessage(message_, &field_, index_);
  }

 private:
  bool single() const { return index_ < 0; }

  const Message& message_;
  const FieldDescriptor& field_;
  const int index_;
  const Reflection& reflection_;
};

void CheckBool(bool value, const validate::BoolRules& rules, const FieldScope& scope) {
  if (!rules.has_const_() || value == rules.const_()) return;
  scope.Error(rules.const_() ? "must be true" : "must be false",
              RuleName("bool", "const", rules.const_() ? "true" : "false"));
}

void CheckEnum(int value, const validate::EnumRules& rules, const FieldDescriptor& field,
               const FieldScope& scope) {
  if (field.enum_type() == nullptr) return;
  const auto* known = field.enum_type()->FindValueByNumber(value);
  std::string name = known == nullptr ? absl::StrCat(value) : known->name();
  if (rules.defined_only() && known == nullptr) {
    scope.Error(absl::StrCat("must be a value of ", field.enum_type()->name(), ", is ", value),
                "rule enum.defined_only: true");
  }
  if (rules.has_const_() && value != rules.const_()) {
    scope.Error(absl::StrCat("must not be ", name), RuleName("enum", "const", rules.const_()));
  }
  if (IsIn(value, rules.not_in())) {
    scope.Error(absl::StrCat("must not be ", name), RuleName("enum", "not_in", value));
  }
  if (rules.in_size() > 0 && !IsIn(value, rules.in())) {
    scope.Error(absl::StrCat("must not be ", name),
                RuleName("enum", "in", absl::StrJoin(rules.in(), ", ")));
  }
}

void CheckAny(const google::protobuf::Any& any, const validate::AnyRules& rules,
              const FieldScope& scope) {
  const auto& in = rules.in();
  const auto& not_in = rules.not_in();
  if ((!in.empty() && std::find(in.begin(), in.end(), any.type_url()) == in.end()) ||
      std::find(not_in.begin(), not_in.end(), any.type_url()) != not_in.end()) {
    scope.Error(absl::StrCat("must not hold a \"", any.type_url(), "\""),
                in.empty() ? RuleName("any", "not_in", any.type_url())
                           : RuleName("any", "in", absl::StrJoin(in, ", ")));
  }
}

// Durations and timestamps: seconds, then nanos.
template <class T>
int Compare(const T& a, const T& b) {
  if (a.seconds() != b.seconds()) return a.seconds() < b.seconds() ? -1 : 1;
  return a.nanos() == b.nanos() ? 0 : a.nanos() < b.nanos() ? -1 : 1;
}

template <class T>
std::string Shown(const T& time) {
  if (time.nanos() == 0) return absl::StrCat(time.seconds(), "s");
  return absl::StrCat(static_cast<double>(time.seconds()) + time.nanos() * 1e-9, "s");
}

template <class T, class Rules>
void CheckBounds(const T& time, const Rules& rules, std::string_view type,
                 const FieldScope& scope) {
  auto broken = [&](std::string_view what, const T& wanted, std::string_view rule) {
    scope.Error(absl::StrCat("must be ", what, " ", Shown(wanted), ", is ", Shown(time)),
                RuleName(type, rule, Shown(wanted)));
  };
  if (rules.has_gt() && Compare(time, rules.gt()) <= 0) broken("more than", rules.gt(), "gt");
  if (rules.has_gte() && Compare(time, rules.gte()) < 0) broken("at least", rules.gte(), "gte");
  if (rules.has_lt() && Compare(time, rules.lt()) >= 0) broken("less than", rules.lt(), "lt");
  if (rules.has_lte() && Compare(time, rules.lte()) > 0) broken("at most", rules.lte(), "lte");
  if (rules.has_const_() && Compare(time, rules.const_()) != 0) {
    broken("exactly", rules.const_(), "const");
  }
}

void CheckDuration(const google::protobuf::Duration& duration, const validate::DurationRules& rules,
                   const FieldScope& scope) {
  CheckBounds(duration, rules, "duration", scope);
  auto is_same = [&](const google::protobuf::Duration& d) { return Compare(d, duration) == 0; };
  if (!rules.in().empty() && std::none_of(rules.in().begin(), rules.in().end(), is_same)) {
    scope.Error(absl::StrCat("is ", Shown(duration), ", which is not one of the allowed values"),
                "rule duration.in");
  }
  if (std::any_of(rules.not_in().begin(), rules.not_in().end(), is_same)) {
    scope.Error(absl::StrCat("must not be ", Shown(duration)), "rule duration.not_in");
  }
}

void CheckNumberOf(const ValueReader& value, const FieldRules& rules, const FieldScope& scope) {
  switch (rules.type_case()) {
    case FieldRules::kFloat:
      return CheckNumber(value.Float(), rules.float_(), "float", scope);
    case FieldRules::kDouble:
      return CheckNumber(value.Double(), rules.double_(), "double", scope);
    case FieldRules::kInt32:
      return CheckNumber(value.Int32(), rules.int32(), "int32", scope);
    case FieldRules::kInt64:
      return CheckNumber(value.Int64(), rules.int64(), "int64", scope);
    case FieldRules::kUint32:
      return CheckNumber(value.UInt32(), rules.uint32(), "uint32", scope);
    case FieldRules::kUint64:
      return CheckNumber(value.UInt64(), rules.uint64(), "uint64", scope);
    case FieldRules::kSint32:
      return CheckNumber(value.Int32(), rules.sint32(), "sint32", scope);
    case FieldRules::kSint64:
      return CheckNumber(value.Int64(), rules.sint64(), "sint64", scope);
    case FieldRules::kFixed32:
      return CheckNumber(value.UInt32(), rules.fixed32(), "fixed32", scope);
    case FieldRules::kFixed64:
      return CheckNumber(value.UInt64(), rules.fixed64(), "fixed64", scope);
    case FieldRules::kSfixed32:
      return CheckNumber(value.Int32(), rules.sfixed32(), "sfixed32", scope);
    case FieldRules::kSfixed64:
      return CheckNumber(value.Int64(), rules.sfixed64(), "sfixed64", scope);
    default:
      return;
  }
}

void CheckScalar(const ValueReader& value, const FieldDescriptor& field, const FieldRules& rules,
                 const FieldScope& scope) {
  switch (rules.type_case()) {
    case FieldRules::kBool:
      return CheckBool(value.Bool(), rules.bool_(), scope);
    case FieldRules::kString:
      return CheckString(value.String(), rules.string(), scope);
    case FieldRules::kBytes:
      return CheckBytes(value.String(), rules.bytes(), scope);
    case FieldRules::kEnum:
      return CheckEnum(value.Enum(), rules.enum_(), field, scope);
    default:
      return CheckNumberOf(value, rules, scope);
  }
}

// Whether a field of this kind can have the value that the rules are for. Rules on a field of
// another type are a mistake of the API, and reading the value by them would end the program.
bool Fits(const FieldDescriptor& field, const FieldRules& rules) {
  const FieldDescriptor* of_type = FieldRules::descriptor()->FindFieldByNumber(rules.type_case());
  return of_type != nullptr && of_type->name() == field.type_name();
}

}  // namespace

void CheckValue(const Message& message, const FieldDescriptor& field, int index,
                const FieldRules& rules, const FieldScope& scope) {
  ValueReader value(message, field, index);
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
    if (Fits(field, rules)) CheckScalar(value, field, rules, scope);
    return;
  }
  const Message& held = value.Submessage();
  switch (field.message_type()->well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_UNSPECIFIED:
    case Descriptor::WELLKNOWNTYPE_STRUCT:
    case Descriptor::WELLKNOWNTYPE_VALUE:
    case Descriptor::WELLKNOWNTYPE_LISTVALUE:
    case Descriptor::WELLKNOWNTYPE_FIELDMASK:
      return;
    case Descriptor::WELLKNOWNTYPE_ANY:
      return CheckAny(static_cast<const google::protobuf::Any&>(held), rules.any(), scope);
    case Descriptor::WELLKNOWNTYPE_DURATION:
      return CheckDuration(static_cast<const google::protobuf::Duration&>(held), rules.duration(),
                           scope);
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP:
      return CheckBounds(static_cast<const google::protobuf::Timestamp&>(held), rules.timestamp(),
                         "timestamp", scope);
    default:  // the wrappers
      return CheckValue(held, *field.message_type()->FindFieldByName("value"), -1, rules, scope);
  }
}

}  // namespace sluice
