#include "source/config/check_rules.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/text_format.h"
#include "source/config/any_unpack.h"
#include "source/config/field_rules.h"
#include "validate/validate.pb.h"

namespace sluice {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;
using google::protobuf::Reflection;
using validate::FieldRules;

// Anys inside of Anys: as deep as configuration files nest.
constexpr int kAnyDepthMax = 32;

class RuleWalk {
 public:
  void Check(const Message& message, const FieldScope& scope) {
    const Descriptor& type = *message.GetDescriptor();
    if (type.options().GetExtension(validate::disabled)) return;
    CheckOneofs(message, scope);
    for (int i = 0; i < type.field_count(); ++i) CheckField(message, *type.field(i), scope);
  }

 private:
  static void CheckOneofs(const Message& message, const FieldScope& scope) {
    const Descriptor& type = *message.GetDescriptor();
    for (int i = 0; i < type.real_oneof_decl_count(); ++i) {
      const OneofDescriptor& oneof = *type.oneof_decl(i);
      if (!oneof.options().GetExtension(validate::required)) continue;
      if (message.GetReflection()->HasOneof(message, &oneof)) continue;
      std::string names;
      for (int j = 0; j < oneof.field_count(); ++j) {
        if (oneof.field(j)->options().deprecated() && oneof.field_count() > 1) continue;
        absl::StrAppend(&names, names.empty() ? "" : ", ", oneof.field(j)->name());
      }
      scope.Error(absl::StrCat("must set one of ", names),
                  absl::StrCat("rule oneof ", oneof.name(), ".required: true"));
    }
  }

  void CheckField(const Message& message, const FieldDescriptor& field, const FieldScope& scope) {
    const FieldRules& rules = field.options().GetExtension(validate::rules);
    if (field.is_map()) return CheckMap(message, field, rules, scope);
    if (field.is_repeated()) return CheckList(message, field, rules, scope);
    FieldScope field_scope = scope.At(field.name());
    bool is_set = message.GetReflection()->HasField(message, &field);
    // Rules of a oneof's members are those of the one that is chosen.
    if (!is_set && field.real_containing_oneof() != nullptr) return;
    if (!is_set && IsRequired(rules)) {
      return field_scope.Error("is required", RuleOfRequired(rules));
    }
    // A scalar without presence is checked at its default too.
    if (!is_set && field.has_presence()) return;
    CheckValue(message, field, -1, rules, field_scope);
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !rules.message().skip()) {
      Enter(message.GetReflection()->GetMessage(message, &field), field_scope);
    }
  }

  static bool IsRequired(const FieldRules& rules) {
    return rules.message().required() || rules.any().required() || rules.duration().required() ||
           rules.timestamp().required();
  }

  static std::string RuleOfRequired(const FieldRules& rules) {
    const char* type = rules.any().required()        ? "any"
                       : rules.duration().required() ? "duration"
                                                     : "message";
    return absl::StrCat("rule ", type, ".required: true");
  }

  void CheckList(const Message& message, const FieldDescriptor& field, const FieldRules& rules,
                 const FieldScope& scope) {
    const Reflection& reflection = *message.GetReflection();
    int size = reflection.FieldSize(message, &field);
    const validate::RepeatedRules& list = rules.repeated();
    if (!(list.ignore_empty() && size == 0)) {
      CheckSize(size, "items", list.has_min_items() ? list.min_items() : 0, "repeated.min_items",
                scope.At(field.name()));
      if (list.has_max_items()) {
        CheckSizeMax(size, "items", list.max_items(), "repeated.max_items", scope.At(field.name()));
      }
    }
    if (list.unique()) CheckUnique(message, field, scope);
    for (int i = 0; i < size; ++i) {
      FieldScope item_scope = scope.At(field.name(), i);
      CheckValue(message, field, i, list.items(), item_scope);
      if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !list.items().message().skip()) {
        Enter(reflection.GetRepeatedMessage(message, &field, i), item_scope);
      }
    }
  }

  void CheckMap(const Message& message, const FieldDescriptor& field, const FieldRules& rules,
                const FieldScope& scope) {
    const Reflection& reflection = *message.GetReflection();
    const validate::MapRules& map = rules.map();
    int size = reflection.FieldSize(message, &field);
    if (!(map.ignore_empty() && size == 0)) {
      CheckSize(size, "entries", map.has_min_pairs() ? map.min_pairs() : 0, "map.min_pairs",
                scope.At(field.name()));
      if (map.has_max_pairs()) {
        CheckSizeMax(size, "entries", map.max_pairs(), "map.max_pairs", scope.At(field.name()));
      }
    }
    for (int i = 0; i < size; ++i) {
      CheckMapEntry(reflection.GetRepeatedMessage(message, &field, i), field, map, scope);
    }
  }

  void CheckMapEntry(const Message& entry, const FieldDescriptor& field,
                     const validate::MapRules& rules, const FieldScope& scope) {
    const FieldDescriptor& key = *field.message_type()->map_key();
    const FieldDescriptor& value = *field.message_type()->map_value();
    std::string name;
    if (key.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      name = entry.GetReflection()->GetString(entry, &key);
    } else {
      google::protobuf::TextFormat::PrintFieldValueToString(entry, &key, -1, &name);
    }
    FieldScope entry_scope = scope.AtKey(field.name(), name);
    CheckValue(entry, key, -1, rules.keys(), entry_scope);
    CheckValue(entry, value, -1, rules.values(), entry_scope);
    if (value.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return;
    if (rules.no_sparse() && !entry.GetReflection()->HasField(entry, &value)) {
      entry_scope.Error("must have a value", "rule map.no_sparse: true");
    }
    if (!rules.values().message().skip()) {
      Enter(entry.GetReflection()->GetMessage(entry, &value), entry_scope);
    }
  }

  static void CheckSize(size_t size, std::string_view unit, uint64_t min, std::string_view rule,
                        const FieldScope& scope) {
    if (size >= min) return;
    scope.Error(min == 1 ? std::string("must not be empty")
                         : absl::StrCat("must have at least ", min, " ", unit, ", has ", size),
                absl::StrCat("rule ", rule, ": ", min));
  }

  static void CheckSizeMax(size_t size, std::string_view unit, uint64_t max, std::string_view rule,
                           const FieldScope& scope) {
    if (size <= max) return;
    scope.Error(absl::StrCat("must have at most ", max, " ", unit, ", has ", size),
                absl::StrCat("rule ", rule, ": ", max));
  }

  static void CheckUnique(const Message& message, const FieldDescriptor& field,
                          const FieldScope& scope) {
    std::map<std::string, int> first_at;
    for (int i = 0; i < message.GetReflection()->FieldSize(message, &field); ++i) {
      std::string text;
      google::protobuf::TextFormat::PrintFieldValueToString(message, &field, i, &text);
      auto [first, is_new] = first_at.emplace(text, i);
      if (is_new) continue;
      scope.At(field.name(), i)
          .Error(absl::StrCat("repeats ", text, " of [", first->second, "]"),
                 "rule repeated.unique: true");
    }
  }

  void Enter(const Message& message, const FieldScope& scope) {
    if (message.GetDescriptor()->well_known_type() == Descriptor::WELLKNOWNTYPE_UNSPECIFIED) {
      return Check(message, scope);
    }
    if (message.GetDescriptor()->well_known_type() != Descriptor::WELLKNOWNTYPE_ANY) return;
    const auto& any = static_cast<const google::protobuf::Any&>(message);
    if (any.type_url().empty() || NewMessageOfType(ContentType(any)) == nullptr) return;
    if (any_depth_ >= kAnyDepthMax) return scope.Error("too many messages inside of each other");
    ++any_depth_;
    if (std::unique_ptr<Message> content = UnpackAny(any, scope)) Enter(*content, scope);
    --any_depth_;
  }

  int any_depth_ = 0;
};

}  // namespace

void CheckRules(const Message& message, const FieldScope& scope) {
  RuleWalk().Check(message, scope);
}

}  // namespace sluice
