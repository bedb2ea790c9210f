#include "source/config/field_ledger.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/unknown_field_set.h"
#include "source/config/any_unpack.h"
#include "source/config/field_support.h"

namespace sluice {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr int kAnyDepthMax = 32;

LedgerClass ClassOf(FieldClass field_class) {
  switch (field_class) {
    case FieldClass::kInert:
      return LedgerClass::kInert;
    case FieldClass::kGuardsSecurity:
      return LedgerClass::kGuardsSecurity;
    case FieldClass::kEffective:
    case FieldClass::kUnsupported:
      break;
  }
  return LedgerClass::kUnsupported;
}

// A scalar, or what a wrapper holds, as the table writes it: AUTO, true, 5, /dev/null.
std::string ValueText(const Message& message, const FieldDescriptor& field, int index) {
  const Reflection& reflection = *message.GetReflection();
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    return index < 0 ? reflection.GetString(message, &field)
                     : reflection.GetRepeatedString(message, &field, index);
  }
  std::string text;
  google::protobuf::TextFormat::PrintFieldValueToString(message, &field, index, &text);
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return text;
  const Message& held = index < 0 ? reflection.GetMessage(message, &field)
                                  : reflection.GetRepeatedMessage(message, &field, index);
  const FieldDescriptor* value = held.GetDescriptor()->FindFieldByName("value");
  if (value == nullptr || value->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) return text;
  google::protobuf::TextFormat::PrintFieldValueToString(held, value, -1, &text);
  return text;
}

// The extension that a field without effect configures ({name, typed_config}), for the note; or "".
std::string ExtensionIn(const Message& message, const FieldDescriptor& field) {
  if (field.is_repeated() || field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return "";
  const FieldDescriptor* config = field.message_type()->FindFieldByName("typed_config");
  if (config == nullptr || config->message_type() != google::protobuf::Any::descriptor()) return "";
  const Message& held = message.GetReflection()->GetMessage(message, &field);
  const Message& any = held.GetReflection()->GetMessage(held, config);
  return ContentType(static_cast<const google::protobuf::Any&>(any));
}

// Whether the message that names an extension says that it may be missing ({is_optional: true}).
bool IsOptional(const Message& message) {
  const FieldDescriptor* flag = message.GetDescriptor()->FindFieldByName("is_optional");
  return flag != nullptr && flag->cpp_type() == FieldDescriptor::CPPTYPE_BOOL &&
         message.GetReflection()->GetBool(message, flag);
}

class LedgerWalk {
 public:
  explicit LedgerWalk(const SourceLines* lines) : lines_(lines) {}

  std::vector<LedgerEntry> Take() { return std::move(entries_); }

  // `only`: the fields that are effective where `message` stands; empty for all of its row.
  void Walk(const Message& message, const std::vector<std::string_view>& only,
            const FieldScope& scope) {
    std::vector<const FieldDescriptor*> set;
    message.GetReflection()->ListFields(message, &set);
    for (const FieldDescriptor* field : set) {
      if (only.empty() || std::find(only.begin(), only.end(), field->name()) != only.end()) {
        WalkField(message, *field, scope);
      } else {
        Add(*field, LedgerClass::kUnsupported, "", scope.At(field->name()));
      }
    }
    const auto& unknown = message.GetReflection()->GetUnknownFields(message);
    for (int i = 0; i < unknown.field_count(); ++i) {
      AddUnknown(message, unknown.field(i).number(), scope);
    }
  }

 private:
  void WalkField(const Message& message, const FieldDescriptor& field, const FieldScope& scope) {
    FieldSupport support = SupportTable::Get().Of(field);
    if (support.field_class != FieldClass::kEffective) {
      std::string extension = ExtensionIn(message, field);
      return Add(field, ClassOf(support.field_class),
                 support.reason.empty() ? std::string_view(extension) : support.reason,
                 scope.At(field.name()));
    }
    if (field.is_map()) return WalkMap(message, field, scope);
    if (!field.is_repeated()) {
      return WalkValue(message, field, -1, support, scope.At(field.name()));
    }
    for (int i = 0; i < message.GetReflection()->FieldSize(message, &field); ++i) {
      WalkValue(message, field, i, support, scope.At(field.name(), i));
    }
  }

  void WalkValue(const Message& message, const FieldDescriptor& field, int index,
                 const FieldSupport& support, const FieldScope& scope) {
    if (!support.values.empty()) {
      std::string value = ValueText(message, field, index);
      if (std::find(support.values.begin(), support.values.end(), value) == support.values.end()) {
        Add(field, LedgerClass::kUnsupported, absl::StrJoin(support.values, ", "), scope);
        entries_.back().value = value;
        entries_.back().is_choice = field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM;
      }
      return;
    }
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return;
    const Reflection& reflection = *message.GetReflection();
    const Message& held = index < 0 ? reflection.GetMessage(message, &field)
                                    : reflection.GetRepeatedMessage(message, &field, index);
    Enter(held, {message, field, support.only_fields}, scope);
  }

  void WalkMap(const Message& message, const FieldDescriptor& field, const FieldScope& scope) {
    const FieldDescriptor& key = *field.message_type()->map_key();
    const FieldDescriptor& value = *field.message_type()->map_value();
    if (value.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return;
    for (int i = 0; i < message.GetReflection()->FieldSize(message, &field); ++i) {
      const Message& entry = message.GetReflection()->GetRepeatedMessage(message, &field, i);
      std::string name = key.cpp_type() == FieldDescriptor::CPPTYPE_STRING
                             ? entry.GetReflection()->GetString(entry, &key)
                             : std::string();
      Enter(entry.GetReflection()->GetMessage(entry, &value), {message, field, {}},
            scope.AtKey(field.name(), name));
    }
  }

  // The field whose value is entered, and the message it belongs to.
  struct Owner {
    const Message& message;
    const FieldDescriptor& field;
    const std::vector<std::string_view>& only_fields;
  };

  void Enter(const Message& message, const Owner& owner, const FieldScope& scope) {
    switch (message.GetDescriptor()->well_known_type()) {
      case Descriptor::WELLKNOWNTYPE_UNSPECIFIED:
        return Walk(message, owner.only_fields, scope);
      case Descriptor::WELLKNOWNTYPE_ANY:
        return EnterAny(static_cast<const google::protobuf::Any&>(message), owner, scope);
      default:  // a scalar in a message's clothes, or free-form data: effective as a whole
        return;
    }
  }

  void EnterAny(const google::protobuf::Any& any, const Owner& owner, const FieldScope& scope) {
    if (any.type_url().empty()) return;
    std::string type = ContentType(any);
    // A type that is not linked cannot be read, whoever it belongs to.
    if (!SupportTable::Get().HasExtension(type) || NewMessageOfType(type) == nullptr) {
      if (!IsOptional(owner.message)) {
        return Add(owner.field, LedgerClass::kUnknownExtension, type, scope);
      }
      return Add(owner.field, LedgerClass::kInert,
                 absl::StrCat("no extension \"", type, "\" is built in, and it is optional"),
                 scope);
    }
    // What cannot be unpacked has been reported when the rules were checked.
    ConfigErrors reported_before;
    std::unique_ptr<Message> content = UnpackAny(any, FieldScope(reported_before));
    if (content == nullptr || any_depth_ >= kAnyDepthMax) return;
    ++any_depth_;
    Walk(*content, {}, scope);
    --any_depth_;
  }

  // Of a binary configuration: a field newer than this build's API.
  void AddUnknown(const Message& message, int number, const FieldScope& scope) {
    LedgerEntry entry;
    entry.path = scope.Path();
    entry.field = absl::StrCat(message.GetDescriptor()->full_name(), "#", number);
    entry.note = absl::StrCat("field number ", number, " is not known");
    entries_.push_back(std::move(entry));
  }

  void Add(const FieldDescriptor& field, LedgerClass entry_class, std::string_view note,
           const FieldScope& scope) {
    LedgerEntry entry;
    entry.path = scope.Path();
    entry.field = field.full_name();
    entry.entry_class = entry_class;
    entry.note = note;
    if (lines_ != nullptr) {
      SourceLine place = lines_->Find(entry.path);
      entry.source = place.source;
      entry.line = place.line;
    }
    entries_.push_back(std::move(entry));
  }

  const SourceLines* const lines_;
  std::vector<LedgerEntry> entries_;
  int any_depth_ = 0;
};

std::string InBrackets(std::string_view note) {
  return note.empty() ? "" : absl::StrCat(" (", note, ")");
}

std::string Verdict(const LedgerEntry& entry) {
  switch (entry.entry_class) {
    case LedgerClass::kInert:
      return absl::StrCat("has no effect: ", entry.note);
    case LedgerClass::kUnsupported:
      if (!entry.value.empty()) {
        return absl::StrCat("does not support ", entry.value, ", only ", entry.note);
      }
      return absl::StrCat("is not supported", InBrackets(entry.note));
    case LedgerClass::kGuardsSecurity:
      return absl::StrCat("is not supported", InBrackets(entry.note),
                          ", and ignoring it would weaken security");
    case LedgerClass::kUnknownExtension:
      return absl::StrCat("no extension \"", entry.note, "\" is built in");
  }
  return "";
}

}  // namespace

std::vector<LedgerEntry> BuildFieldLedger(const Message& message, const FieldScope& scope,
                                          const SourceLines* lines) {
  LedgerWalk walk(lines);
  walk.Walk(message, {}, scope);
  return walk.Take();
}

bool IsAccepted(const LedgerEntry& entry, UnsupportedFields policy) {
  if (entry.entry_class == LedgerClass::kInert) return true;
  return entry.entry_class == LedgerClass::kUnsupported && !entry.is_choice &&
         policy == UnsupportedFields::kWarn;
}

void RefuseUnsupported(const std::vector<LedgerEntry>& ledger, UnsupportedFields policy,
                       ConfigErrors& errors) {
  for (const LedgerEntry& entry : ledger) {
    if (IsAccepted(entry, policy)) continue;
    bool wants_hint = entry.entry_class == LedgerClass::kUnknownExtension && !errors.full();
    errors.AddAt({entry.source, entry.line}, entry.path, Verdict(entry),
                 wants_hint ? UnknownTypeHint(entry.note) : "");
  }
}

std::string LedgerLine(const LedgerEntry& entry) {
  return ConfigError{entry.source, entry.line, entry.path, Verdict(entry), ""}.ToString();
}

std::string LedgerPage(const std::vector<LedgerEntry>& ledger) {
  if (ledger.empty()) return "every field that is set takes effect\n";
  std::string page;
  for (const LedgerEntry& entry : ledger) {
    absl::StrAppend(&page, LedgerClassName(entry.entry_class), ": ", LedgerLine(entry), " (",
                    entry.field, ")\n");
  }
  return page;
}

std::string_view LedgerClassName(LedgerClass entry_class) {
  switch (entry_class) {
    case LedgerClass::kInert:
      return "inert";
    case LedgerClass::kUnsupported:
      return "unsupported";
    case LedgerClass::kGuardsSecurity:
      return "guards security";
    case LedgerClass::kUnknownExtension:
      return "unknown extension";
  }
  return "";
}

}  // namespace sluice
