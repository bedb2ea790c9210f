#include "source/config/scalar_values.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/stubs/common.h"
#include "source/config/suggest.h"

namespace sluice {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr size_t kShownBytesMax = 60;

std::string Shown(const std::string& text) {
  return absl::StrCat("\"", absl::CHexEscape(text.substr(0, kShownBytesMax)),
                      text.size() > kShownBytesMax ? "...\"" : "\"");
}

template <class Integer>
std::optional<Integer> IntegerFromDigits(std::string_view digits, int base) {
  Integer value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

// 12, -3, "12" in quotes, 0x1f (YAML, text proto), 017 (text proto), 3e2 (JSON, YAML).
template <class Integer>
std::optional<Integer> ReadInteger(const std::string& text, Notation notation) {
  std::string_view digits = text;
  bool negative = digits.starts_with('-');
  if (negative) digits.remove_prefix(1);
  int base = 10;
  if (notation != Notation::kJson && absl::StartsWithIgnoreCase(digits, "0x")) {
    base = 16;
    digits.remove_prefix(2);
  } else if (notation == Notation::kTextProto && digits.size() > 1 && digits[0] == '0') {
    base = 8;
  }
  if (digits.empty() || !absl::ascii_isxdigit(digits[0])) return std::nullopt;
  std::string signed_digits = absl::StrCat(negative ? "-" : "", digits);
  if (auto value = IntegerFromDigits<Integer>(signed_digits, base)) return value;
  double real = 0;
  if (notation == Notation::kTextProto || base != 10 || !absl::SimpleAtod(text, &real) ||
      real != std::trunc(real) || std::abs(real) > 9007199254740992.0) {
    return std::nullopt;
  }
  auto whole = static_cast<int64_t>(real);
  if (std::is_unsigned_v<Integer> && whole < 0) return std::nullopt;
  if (whole < 0 && whole < static_cast<int64_t>(std::numeric_limits<Integer>::min())) {
    return std::nullopt;
  }
  if (whole > 0 && static_cast<uint64_t>(whole) > std::numeric_limits<Integer>::max()) {
    return std::nullopt;
  }
  return static_cast<Integer>(whole);
}

std::optional<double> ReadDouble(const std::string& text, Notation notation) {
  std::string word = absl::AsciiStrToLower(text);
  bool negative = word.starts_with('-');
  if (negative) word.erase(0, 1);
  if (notation == Notation::kYaml && word.starts_with('.') && !LooksLikeNumber(word)) {
    word.erase(0, 1);
  }
  if (notation == Notation::kTextProto && word.size() > 1 && absl::ascii_isdigit(word[0]) &&
      word.ends_with('f')) {
    word.pop_back();  // 1.5f
  }
  double value = 0;
  if (!absl::SimpleAtod(word, &value)) return std::nullopt;
  return negative ? -value : value;
}

// What a wrong value is compared with: "a whole number from 0 to 4294967295".
template <class Integer>
std::string IntegerWanted() {
  return absl::StrCat("a whole number from ", std::numeric_limits<Integer>::min(), " to ",
                      std::numeric_limits<Integer>::max());
}

void MustBe(std::string_view wanted, const ConfigNode& node, const FieldScope& scope,
            std::string_view hint = {}) {
  scope.Error(absl::StrCat("must be ", wanted, ", is ", Describe(node)), hint);
}

std::string EnumKey(std::string_view name) {
  std::string key = absl::AsciiStrToUpper(name);
  for (char& c : key) {
    if (c == '-') c = '_';
  }
  return key;
}

const EnumValueDescriptor* FindEnumValue(const ConfigNode& node, const EnumDescriptor& type) {
  if (auto number = IntegerFromDigits<int32_t>(node.text, 10)) {
    return type.FindValueByNumber(*number);
  }
  std::string key = EnumKey(node.text);
  for (int i = 0; i < type.value_count(); ++i) {
    if (EnumKey(type.value(i)->name()) == key) return type.value(i);
  }
  return nullptr;
}

void UnknownEnumValue(const ConfigNode& node, const EnumDescriptor& type, const FieldScope& scope) {
  std::vector<std::string_view> names;
  std::string list;
  for (int i = 0; i < type.value_count(); ++i) {
    names.push_back(type.value(i)->name());
    if (type.value_count() <= 12) {
      absl::StrAppend(&list, list.empty() ? "one of " : ", ", type.value(i)->name());
    }
  }
  std::string hint = DidYouMean(node.text, names);
  scope.Error(absl::StrCat("unknown ", type.name(), " ", Shown(node.text)),
              hint.empty() ? list : hint);
}

class ScalarReader {
 public:
  ScalarReader(const ConfigNode& node, Notation notation, const FieldDescriptor& field, Store store,
               Message& message, const FieldScope& scope)
      : node_(node),
        notation_(notation),
        field_(field),
        store_(store),
        message_(message),
        reflection_(*message.GetReflection()),
        scope_(scope) {}

  void Read() {
    switch (field_.cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        return Integer<int32_t>();
      case FieldDescriptor::CPPTYPE_INT64:
        return Integer<int64_t>();
      case FieldDescriptor::CPPTYPE_UINT32:
        return Integer<uint32_t>();
      case FieldDescriptor::CPPTYPE_UINT64:
        return Integer<uint64_t>();
      case FieldDescriptor::CPPTYPE_DOUBLE:
      case FieldDescriptor::CPPTYPE_FLOAT:
        return Real();
      case FieldDescriptor::CPPTYPE_BOOL:
        return Bool();
      case FieldDescriptor::CPPTYPE_ENUM:
        return Enum();
      case FieldDescriptor::CPPTYPE_STRING:
        return field_.type() == FieldDescriptor::TYPE_BYTES ? Bytes() : String();
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return;
    }
  }

 private:
  bool quoted() const { return node_.quote == ConfigNode::Quote::kQuoted; }
  bool text_proto() const { return notation_ == Notation::kTextProto; }

  template <class T>
  void Integer() {
    std::optional<T> value;
    if (!(quoted() && text_proto())) value = ReadInteger<T>(node_.text, notation_);
    if (!value) return MustBe(IntegerWanted<T>(), node_, scope_);
    bool append = store_ == Store::kAppend;
    if constexpr (std::is_same_v<T, int32_t>) {
      append ? reflection_.AddInt32(&message_, &field_, *value)
             : reflection_.SetInt32(&message_, &field_, *value);
    } else if constexpr (std::is_same_v<T, int64_t>) {
      append ? reflection_.AddInt64(&message_, &field_, *value)
             : reflection_.SetInt64(&message_, &field_, *value);
    } else if constexpr (std::is_same_v<T, uint32_t>) {
      append ? reflection_.AddUInt32(&message_, &field_, *value)
             : reflection_.SetUInt32(&message_, &field_, *value);
    } else {
      append ? reflection_.AddUInt64(&message_, &field_, *value)
             : reflection_.SetUInt64(&message_, &field_, *value);
    }
  }

  void Real() {
    std::optional<double> value;
    if (!(quoted() && text_proto())) value = ReadDouble(node_.text, notation_);
    if (!value) return MustBe("a number", node_, scope_);
    if (field_.cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE) {
      store_ == Store::kAppend ? reflection_.AddDouble(&message_, &field_, *value)
                               : reflection_.SetDouble(&message_, &field_, *value);
      return;
    }
    if (std::isfinite(*value) && std::abs(*value) > std::numeric_limits<float>::max()) {
      return MustBe("a number that fits 32 bits", node_, scope_);
    }
    store_ == Store::kAppend ? reflection_.AddFloat(&message_, &field_, static_cast<float>(*value))
                             : reflection_.SetFloat(&message_, &field_, static_cast<float>(*value));
  }

  void Bool() {
    bool value = false;
    if ((quoted() && text_proto()) || !ReadBool(node_.text, notation_, value)) {
      return MustBe("true or false", node_, scope_);
    }
    store_ == Store::kAppend ? reflection_.AddBool(&message_, &field_, value)
                             : reflection_.SetBool(&message_, &field_, value);
  }

  void Enum() {
    if (quoted() && text_proto()) {
      return MustBe(absl::StrCat("the name of a ", field_.enum_type()->name(), " without quotes"),
                    node_, scope_);
    }
    const EnumValueDescriptor* value = FindEnumValue(node_, *field_.enum_type());
    if (value == nullptr) return UnknownEnumValue(node_, *field_.enum_type(), scope_);
    store_ == Store::kAppend ? reflection_.AddEnum(&message_, &field_, value)
                             : reflection_.SetEnum(&message_, &field_, value);
  }

  void String() {
    bool value = false;
    bool is_text = quoted() || (notation_ == Notation::kYaml && !LooksLikeNumber(node_.text) &&
                                !ReadBool(node_.text, Notation::kJson, value));
    if (!is_text) {
      return MustBe("text", node_, scope_, absl::StrCat("put it in quotes: \"", node_.text, "\""));
    }
    if (!google::protobuf::internal::IsStructurallyValidUTF8(node_.text.data(),
                                                             static_cast<int>(node_.text.size()))) {
      return scope_.Error(absl::StrCat("is not valid UTF-8: ", Shown(node_.text)));
    }
    StoreString(node_.text);
  }

  void Bytes() {
    std::string bytes = node_.text;
    if (text_proto()) {
      if (!quoted()) return MustBe("bytes in quotes", node_, scope_);
    } else if (!absl::Base64Unescape(node_.text, &bytes) &&
               !absl::WebSafeBase64Unescape(node_.text, &bytes)) {
      return MustBe("bytes in base64", node_, scope_);
    }
    StoreString(std::move(bytes));
  }

  void StoreString(std::string value) {
    store_ == Store::kAppend ? reflection_.AddString(&message_, &field_, std::move(value))
                             : reflection_.SetString(&message_, &field_, std::move(value));
  }

  const ConfigNode& node_;
  Notation notation_;
  const FieldDescriptor& field_;
  Store store_;
  Message& message_;
  const google::protobuf::Reflection& reflection_;
  const FieldScope& scope_;
};

std::string Wanted(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return "text";
    case FieldDescriptor::CPPTYPE_BOOL:
      return "true or false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return absl::StrCat("the name of a ", field.enum_type()->name());
    default:
      return "a number";
  }
}

}  // namespace

std::string Describe(const ConfigNode& node) {
  switch (node.kind) {
    case ConfigNode::Kind::kNull:
      return "null";
    case ConfigNode::Kind::kList:
      return "a list";
    case ConfigNode::Kind::kMap:
      return "a message";
    case ConfigNode::Kind::kScalar:
      break;
  }
  bool value = false;
  if (!node.is_plain()) return absl::StrCat("the text ", Shown(node.text));
  if (LooksLikeNumber(node.text)) return absl::StrCat("the number ", node.text);
  if (ReadBool(node.text, Notation::kJson, value)) return node.text;
  return Shown(node.text);
}

bool LooksLikeNumber(const std::string& text) {
  std::string_view digits = text;
  if (digits.starts_with('-') || digits.starts_with('+')) digits.remove_prefix(1);
  if (digits.starts_with('.')) digits.remove_prefix(1);
  if (digits.empty() || !absl::ascii_isdigit(digits[0])) return false;
  double value = 0;
  uint64_t hex = 0;
  return absl::SimpleAtod(text, &value) ||
         (absl::StartsWithIgnoreCase(digits, "0x") && absl::SimpleHexAtoi(digits, &hex));
}

bool ReadBool(const std::string& text, Notation notation, bool& value) {
  std::string word = notation == Notation::kJson ? text : absl::AsciiStrToLower(text);
  if (word == "true" || word == "false") {
    value = word == "true";
    return true;
  }
  if (notation == Notation::kYaml && (word == "yes" || word == "on")) return value = true;
  if (notation == Notation::kYaml && (word == "no" || word == "off")) {
    value = false;
    return true;
  }
  if (notation == Notation::kTextProto &&
      (word == "t" || word == "1" || word == "f" || word == "0")) {
    value = word == "t" || word == "1";
    return true;
  }
  return false;
}

void ReadScalar(const ConfigNode& node, Notation notation, const FieldDescriptor& field,
                Store store, Message& message, const FieldScope& scope) {
  if (!node.is_scalar()) return MustBe(Wanted(field), node, scope);
  ScalarReader(node, notation, field, store, message, scope).Read();
}

}  // namespace sluice
