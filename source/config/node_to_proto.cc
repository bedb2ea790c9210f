#include "source/config/node_to_proto.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "source/config/any_unpack.h"
#include "source/config/suggest.h"
#include "source/config/well_known_types.h"

namespace sluice {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;

constexpr std::string_view kAnyType = "@type";
constexpr std::string_view kYamlMergeKey = "<<";

bool IsAny(const Descriptor& type) {
  return type.well_known_type() == Descriptor::WELLKNOWNTYPE_ANY;
}

const FieldDescriptor* FindField(const Descriptor& type, const std::string& name,
                                 Notation notation) {
  if (const FieldDescriptor* field = type.FindFieldByName(name)) return field;
  if (notation == Notation::kTextProto) return nullptr;
  const FieldDescriptor* field = type.FindFieldByCamelcaseName(name);
  if (field != nullptr) return field;
  for (int i = 0; i < type.field_count(); ++i) {
    if (type.field(i)->json_name() == name) return type.field(i);
  }
  return nullptr;
}

void UnknownField(const Descriptor& type, const FieldScope& field_scope, std::string_view name) {
  if (field_scope.errors().full()) return field_scope.Error("unknown field");
  std::vector<std::string_view> names;
  for (int i = 0; i < type.field_count(); ++i) names.push_back(type.field(i)->name());
  std::string hint = DidYouMean(name, names);
  if (name == kYamlMergeKey) hint = "merge keys are no part of YAML 1.2; use aliases for values";
  if (hint.empty()) hint = absl::StrCat(type.full_name(), " has no field of that name");
  field_scope.Error("unknown field", hint);
}

// What one message of a file has set so far: a field or a oneof only once.
class FieldsSeen {
 public:
  // Says in `scope` what stands against setting `field`, if anything does.
  bool MayHold(const FieldDescriptor& field, const FieldScope& scope) {
    if (!field.is_repeated() && !fields_.emplace(&field, 0).second) {
      scope.Error("is set twice");
      return false;
    }
    const OneofDescriptor* oneof = field.real_containing_oneof();
    if (oneof == nullptr) return true;
    auto [other, is_first] = oneofs_.emplace(oneof, &field);
    if (is_first) return true;
    scope.Error(absl::StrCat("excludes \"", other->second->name(), "\", which is set too"),
                "keep one of them");
    return false;
  }

 private:
  std::map<const FieldDescriptor*, int> fields_;
  std::map<const OneofDescriptor*, const FieldDescriptor*> oneofs_;
};

// A type with a form of its own, written as the message that it is: {nanos: 500000000} for "0.5s",
// {value: 5} for 5. As protobuf's reader, which Envoy has; not of free-form data, which may hold
// anything.
bool IsSpeltOut(const ConfigNode& node, const Descriptor& type) {
  return node.is_map() && type.well_known_type() != Descriptor::WELLKNOWNTYPE_STRUCT &&
         type.well_known_type() != Descriptor::WELLKNOWNTYPE_VALUE;
}

// Whether a list in the list of this field is more of its elements, as protobuf's reader has it:
// where an element cannot be a list itself.
bool FlattensLists(const FieldDescriptor& field) {
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return true;
  const auto type = field.message_type()->well_known_type();
  return type != Descriptor::WELLKNOWNTYPE_VALUE && type != Descriptor::WELLKNOWNTYPE_LISTVALUE;
}

class MessageReader {
 public:
  MessageReader(Notation notation, SourceLines* lines) : notation_(notation), lines_(lines) {}

  void Read(const ConfigNode& node, Message& message, const FieldScope& scope) {
    const Descriptor& type = *message.GetDescriptor();
    if (notation_ != Notation::kTextProto && HasOwnJsonForm(type) && !IsSpeltOut(node, type)) {
      return ReadWellKnown(node, notation_, message, scope);
    }
    if (!node.is_map()) {
      return scope.Error(absl::StrCat("must be a message (", type.name(), "), is ", Describe(node)),
                         node.is_list() ? "remove the list around it" : "");
    }
    if (IsAny(type) && IsReadableAny(node)) return ReadAny(node, message, scope);
    ReadFields(node, {}, message, scope);
  }

 private:
  // All entries but `skip`, which is no field.
  void ReadFields(const ConfigNode& node, std::string_view skip, Message& message,
                  const FieldScope& scope) {
    FieldsSeen seen;
    for (const ConfigEntry& entry : node.entries) {
      if (!skip.empty() && entry.key == skip) continue;
      const Descriptor& type = *message.GetDescriptor();
      const FieldDescriptor* field = FindField(type, entry.key, notation_);
      FieldScope field_scope = scope.At(field == nullptr ? entry.key : field->name());
      Record(field_scope, entry.line);
      if (field == nullptr) {
        UnknownField(type, field_scope, entry.key);
        continue;
      }
      if (entry.value.is_null() && !MeansNull(*field)) continue;
      if (seen.MayHold(*field, field_scope)) {
        ReadField(entry.value, *field, message, scope, field_scope);
      }
    }
  }

  void ReadField(const ConfigNode& node, const FieldDescriptor& field, Message& message,
                 const FieldScope& scope, const FieldScope& field_scope) {
    if (field.is_map()) return ReadMap(node, field, message, scope, field_scope);
    if (field.is_repeated()) return ReadList(node, field, message, scope);
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      Message& value = *message.GetReflection()->MutableMessage(&message, &field);
      // Scalars in messages' clothes are replaced whole, as other scalars are.
      if (value.GetDescriptor()->well_known_type() != Descriptor::WELLKNOWNTYPE_UNSPECIFIED &&
          value.GetDescriptor()->well_known_type() != Descriptor::WELLKNOWNTYPE_STRUCT) {
        value.Clear();
      }
      return Read(node, value, field_scope);
    }
    if (node.is_null()) return;  // a NullValue, whose only value is its default
    ReadScalar(node, notation_, field, Store::kSet, message, field_scope);
  }

  void ReadList(const ConfigNode& node, const FieldDescriptor& field, Message& message,
                const FieldScope& scope) {
    // protobuf's reader, which Envoy has, takes one element for a list of one, in every notation.
    if (!node.is_list()) return ReadItem(node, field, message, scope);
    for (const ConfigNode& item : node.items) {
      if (item.is_list() && FlattensLists(field)) {
        ReadList(item, field, message, scope);
      } else {
        ReadItem(item, field, message, scope);
      }
    }
  }

  void ReadItem(const ConfigNode& item, const FieldDescriptor& field, Message& message,
                const FieldScope& scope) {
    const google::protobuf::Reflection& reflection = *message.GetReflection();
    FieldScope item_scope = scope.At(field.name(), reflection.FieldSize(message, &field));
    Record(item_scope, item.line);
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      Message& value = *reflection.AddMessage(&message, &field);
      if (item.is_null() && !MeansNull(field)) {
        return item_scope.Error("is empty", "remove it, or write {} for a message of defaults");
      }
      return Read(item, value, item_scope);
    }
    ReadScalar(item, notation_, field, Store::kAppend, message, item_scope);
  }

  void ReadMap(const ConfigNode& node, const FieldDescriptor& field, Message& message,
               const FieldScope& scope, const FieldScope& field_scope) {
    if (notation_ == Notation::kTextProto) return ReadTextMap(node, field, message, scope);
    if (!node.is_map()) {
      return field_scope.Error(absl::StrCat("must be a map, is ", Describe(node)));
    }
    for (const ConfigEntry& entry : node.entries) {
      ConfigNode key;
      key.kind = ConfigNode::Kind::kScalar;
      key.quote = ConfigNode::Quote::kQuoted;
      key.line = entry.line;
      key.text = entry.key;
      ReadMapEntry(key, &entry.value, field, message, scope);
    }
  }

  // { key: "a" value { ... } }, one after the other or in a list.
  void ReadTextMap(const ConfigNode& node, const FieldDescriptor& field, Message& message,
                   const FieldScope& scope) {
    if (node.is_list()) {
      for (const ConfigNode& item : node.items) ReadTextMap(item, field, message, scope);
      return;
    }
    const ConfigNode* key = nullptr;
    const ConfigNode* value = nullptr;
    for (const ConfigEntry& entry : node.entries) {
      const ConfigNode*& half = entry.key == "key" ? key : value;
      if ((entry.key != "key" && entry.key != "value") || half != nullptr) {
        return scope.At(field.name()).Error("a map entry has one key and one value");
      }
      half = &entry.value;
    }
    ConfigNode no_key;
    no_key.kind = ConfigNode::Kind::kScalar;
    no_key.quote = ConfigNode::Quote::kQuoted;
    no_key.line = node.line;
    ReadMapEntry(key == nullptr ? no_key : *key, value, field, message, scope);
  }

  void ReadMapEntry(const ConfigNode& key, const ConfigNode* value, const FieldDescriptor& field,
                    Message& message, const FieldScope& scope) {
    FieldScope entry_scope = scope.AtKey(field.name(), key.text);
    Record(entry_scope, key.line);
    const FieldDescriptor& key_field = *field.message_type()->map_key();
    const FieldDescriptor& value_field = *field.message_type()->map_value();
    Message& entry = EntryFor(key, field, message);
    ReadScalar(key, notation_, key_field, Store::kSet, entry, entry_scope);
    if (value == nullptr) return;
    if (value->is_null() && !MeansNull(value_field)) {
      return entry_scope.Error("is empty", "remove it, or write {} for a message of defaults");
    }
    if (value_field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      return ReadScalar(*value, notation_, value_field, Store::kSet, entry, entry_scope);
    }
    Message& held = *entry.GetReflection()->MutableMessage(&entry, &value_field);
    held.Clear();
    Read(*value, held, entry_scope);
  }

  // The entry that has this key already (a file merged over another), or a new one.
  static Message& EntryFor(const ConfigNode& key, const FieldDescriptor& field, Message& message) {
    const google::protobuf::Reflection& reflection = *message.GetReflection();
    const FieldDescriptor& key_field = *field.message_type()->map_key();
    if (key_field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
        Message& entry = *reflection.MutableRepeatedMessage(&message, &field, i);
        if (entry.GetReflection()->GetString(entry, &key_field) == key.text) return entry;
      }
    }
    return *reflection.AddMessage(&message, &field);
  }

  // An Any that names its type: "@type" in JSON and YAML, [type] { } in a text proto. The raw form
  // (type_url and value) is read like any message.
  bool IsReadableAny(const ConfigNode& node) const {
    if (notation_ != Notation::kTextProto) return true;
    for (const ConfigEntry& entry : node.entries) {
      if (entry.key.starts_with('[')) return true;
    }
    return false;
  }

  void ReadAny(const ConfigNode& node, Message& any, const FieldScope& scope) {
    if (node.entries.empty()) return;
    if (notation_ == Notation::kTextProto) {
      if (node.entries.size() > 1) {
        return scope.Error("holds one message, not several");
      }
      const ConfigEntry& entry = node.entries[0];
      std::string_view type_url = entry.key;
      type_url = type_url.substr(1, type_url.size() - 2);
      return ReadAnyContent(type_url, entry.value, any, scope);
    }
    for (const ConfigEntry& entry : node.entries) {
      if (entry.key != kAnyType) continue;
      FieldScope type_scope = scope.At(kAnyType);
      Record(type_scope, entry.line);
      if (!entry.value.is_scalar()) return type_scope.Error("must be the URL of a type");
      return ReadAnyContent(entry.value.text, node, any, scope);
    }
    scope.Error("lacks \"@type\"",
                "write \"@type\": type.googleapis.com/ and the full name of a message");
  }

  void ReadAnyContent(std::string_view type_url, const ConfigNode& node, Message& any,
                      const FieldScope& scope) {
    const Descriptor& type = *any.GetDescriptor();
    any.GetReflection()->SetString(&any, type.FindFieldByNumber(1), std::string(type_url));
    std::unique_ptr<Message> content = NewMessageOfType(type_url);
    if (content == nullptr) return CheckTypeUrl(type_url, scope);
    const Descriptor& content_type = *content->GetDescriptor();
    if (notation_ == Notation::kTextProto) {
      Read(node, *content, scope);
    } else if (HasOwnJsonForm(content_type) || IsAny(content_type)) {
      // What does not look like a message stands under "value", beside "@type".
      for (const ConfigEntry& entry : node.entries) {
        if (entry.key == "value") Read(entry.value, *content, scope);
      }
    } else {
      ReadFields(node, kAnyType, *content, scope);
    }
    any.GetReflection()->SetString(&any, type.FindFieldByNumber(2),
                                   content->SerializePartialAsString());
  }

  // What is not linked keeps its name without its content: the field ledger names and judges it.
  static void CheckTypeUrl(std::string_view type_url, const FieldScope& scope) {
    if (TypeOfUrl(type_url).empty()) scope.Error("names no type");
  }

  // A null in JSON or YAML is "not set", but for the types that can hold it.
  static bool MeansNull(const FieldDescriptor& field) {
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      return field.message_type()->well_known_type() == Descriptor::WELLKNOWNTYPE_VALUE;
    }
    return field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM &&
           field.enum_type()->full_name() == "google.protobuf.NullValue";
  }

  void Record(const FieldScope& scope, int line) {
    if (lines_ != nullptr) lines_->Record(scope.Path(), line);
  }

  const Notation notation_;
  SourceLines* const lines_;
};

}  // namespace

void ReadMessage(const ConfigNode& node, Notation notation, Message& message,
                 const FieldScope& scope, SourceLines* lines) {
  MessageReader(notation, lines).Read(node, message, scope);
}

}  // namespace sluice
