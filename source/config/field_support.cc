#include "source/config/field_support.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "source/config/support_table.h"

namespace sluice {
namespace {

// "name", "codec_type{AUTO,HTTP1}" or "options[idle_timeout,max_headers_count]".
bool ReadEffective(std::string_view word, MessageSupport& message) {
  FieldSupport support;
  support.field_class = FieldClass::kEffective;
  size_t open = word.find_first_of("{[");
  if (open != std::string_view::npos) {
    bool values = word[open] == '{';
    if (word.back() != (values ? '}' : ']')) return false;
    std::string_view list = word.substr(open + 1, word.size() - open - 2);
    for (std::string_view item : absl::StrSplit(list, ',')) {
      (values ? support.values : support.only_fields).push_back(item);
    }
    word = word.substr(0, open);
  }
  message.fields.emplace_back(word, std::move(support));
  return !word.empty();
}

// "+ a b c", "! a b", "~ a: reason".
bool ReadFields(std::string_view line, MessageSupport& message) {
  char kind = line[0];
  std::string_view rest = absl::StripAsciiWhitespace(line.substr(1));
  if (kind == '~') {
    std::pair<std::string_view, std::string_view> parts =
        absl::StrSplit(rest, absl::MaxSplits(':', 1));
    FieldSupport support;
    support.field_class = FieldClass::kInert;
    support.reason = absl::StripAsciiWhitespace(parts.second);
    bool good = !parts.first.empty() && !support.reason.empty();
    message.fields.emplace_back(parts.first, std::move(support));
    return good;
  }
  for (std::string_view word : absl::StrSplit(rest, ' ', absl::SkipEmpty())) {
    if (kind == '+' && word == "*") {
      message.all_fields_are_effective = true;
    } else if (kind == '+') {
      if (!ReadEffective(word, message)) return false;
    } else if (kind == '!') {
      FieldSupport support;
      support.field_class = FieldClass::kGuardsSecurity;
      message.fields.emplace_back(word, std::move(support));
    } else {
      return false;
    }
  }
  return !rest.empty();
}

// The table is about Envoy's API and what it imports. Messages of other packages belong to
// extensions, which have them to read them.
bool IsForTheTable(std::string_view message) {
  for (std::string_view package : {"envoy.", "google.", "udpa.", "validate.", "xds."}) {
    if (message.starts_with(package)) return true;
  }
  return false;
}

}  // namespace

const SupportTable& SupportTable::Get() {
  static const SupportTable* const table = [] {
    std::vector<std::string> bad;
    return new SupportTable(Parse(SupportTableText(), bad));
  }();
  return *table;
}

SupportTable SupportTable::Parse(std::string_view text, std::vector<std::string>& bad) {
  SupportTable table;
  for (std::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line.starts_with('#')) continue;
    std::pair<std::string_view, std::string_view> words =
        absl::StrSplit(line, absl::MaxSplits(' ', 1));
    if (words.first == "message" || words.first == "extension") {
      MessageSupport message;
      message.name = absl::StripAsciiWhitespace(words.second);
      message.is_extension = words.first == "extension";
      if (!table.by_name_.emplace(message.name, table.messages_.size()).second) {
        bad.push_back(absl::StrCat("twice: ", line));
      }
      table.messages_.push_back(std::move(message));
    } else if (table.messages_.empty() || !ReadFields(line, table.messages_.back())) {
      bad.emplace_back(line);
    }
  }
  return table;
}

FieldSupport SupportTable::Of(const google::protobuf::FieldDescriptor& field) const {
  const std::string& name = field.containing_type()->full_name();
  auto found = by_name_.find(name);
  if (found == by_name_.end()) {
    FieldSupport support;
    if (!IsForTheTable(name)) support.field_class = FieldClass::kEffective;
    return support;
  }
  const MessageSupport& message = messages_[found->second];
  for (const auto& [field_name, support] : message.fields) {
    if (field_name == field.name()) return support;
  }
  FieldSupport support;
  if (message.all_fields_are_effective) support.field_class = FieldClass::kEffective;
  return support;
}

bool SupportTable::HasExtension(std::string_view message) const {
  auto found = by_name_.find(message);
  if (found == by_name_.end()) return !IsForTheTable(message);
  return messages_[found->second].is_extension;
}

std::vector<std::string_view> ExtensionNames() {
  std::vector<std::string_view> names;
  for (const MessageSupport& message : SupportTable::Get().messages()) {
    if (message.is_extension) names.push_back(message.name);
  }
  return names;
}

}  // namespace sluice
