#include "source/config/string_rules.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "re2/re2.h"
#include "source/config/text_forms.h"

namespace sluice {
namespace {

using validate::BytesRules;
using validate::StringRules;

std::string Shown(std::string_view text) {
  return absl::StrCat("\"", absl::CHexEscape(text.substr(0, 60)),
                      text.size() > 60 ? "...\"" : "\"");
}

// Characters of valid UTF-8: all bytes but the continuation ones.
size_t CharacterCount(const std::string& text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
}

// What the rules of strings and of bytes have in common; `type` names them in hints.
struct TextCheck {
  const std::string& value;
  std::string_view type;
  const FieldScope& scope;

  void Broken(std::string_view message, std::string_view rule, std::string_view wanted) const {
    scope.Error(message, absl::StrCat("rule ", type, ".", rule, ": ", wanted));
  }

  void Length(size_t length, std::string_view unit, uint64_t min, std::string_view rule) const {
    if (length >= min) return;
    Broken(min == 1 ? std::string("must not be empty")
                    : absl::StrCat("must have at least ", min, " ", unit, ", has ", length),
           rule, absl::StrCat(min));
  }

  void LengthMax(size_t length, std::string_view unit, uint64_t max, std::string_view rule) const {
    if (length > max) {
      Broken(absl::StrCat("must have at most ", max, " ", unit, ", has ", length), rule,
             absl::StrCat(max));
    }
  }

  void LengthIs(size_t length, std::string_view unit, uint64_t wanted,
                std::string_view rule) const {
    if (length != wanted) {
      Broken(absl::StrCat("must have ", wanted, " ", unit, ", has ", length), rule,
             absl::StrCat(wanted));
    }
  }

  template <class Rules>
  void Content(const Rules& rules) const {
    if (rules.has_const_() && value != rules.const_()) {
      Broken(absl::StrCat("must be ", Shown(rules.const_()), ", is ", Shown(value)), "const",
             Shown(rules.const_()));
    }
    if (rules.has_prefix() && !absl::StartsWith(value, rules.prefix())) {
      Broken(absl::StrCat("must begin with ", Shown(rules.prefix()), ", is ", Shown(value)),
             "prefix", Shown(rules.prefix()));
    }
    if (rules.has_suffix() && !absl::EndsWith(value, rules.suffix())) {
      Broken(absl::StrCat("must end with ", Shown(rules.suffix()), ", is ", Shown(value)), "suffix",
             Shown(rules.suffix()));
    }
    if (rules.has_contains() && !absl::StrContains(value, rules.contains())) {
      Broken(absl::StrCat("must contain ", Shown(rules.contains()), ", is ", Shown(value)),
             "contains", Shown(rules.contains()));
    }
    if (rules.has_pattern() && !re2::RE2::PartialMatch(value, rules.pattern())) {
      Broken(absl::StrCat("does not have the right form: ", Shown(value)), "pattern",
             rules.pattern());
    }
    const auto& in = rules.in();
    if (!in.empty() && std::find(in.begin(), in.end(), value) == in.end()) {
      Broken(absl::StrCat("is ", Shown(value), ", which is not one of the allowed values"), "in",
             absl::StrJoin(in, ", "));
    }
    const auto& not_in = rules.not_in();
    if (std::find(not_in.begin(), not_in.end(), value) != not_in.end()) {
      Broken(absl::StrCat("must not be ", Shown(value)), "not_in", Shown(value));
    }
  }

  void Form(bool good, std::string_view what, std::string_view rule) const {
    if (!good) Broken(absl::StrCat("must be ", what, ", is ", Shown(value)), rule, "true");
  }
};

void CheckKnownRegex(const TextCheck& check, const StringRules& rules) {
  bool name = rules.well_known_regex() == validate::HTTP_HEADER_NAME;
  if (!name && rules.well_known_regex() != validate::HTTP_HEADER_VALUE) return;
  const std::string& value = check.value;
  bool good = !rules.strict() ? IsLooseHeaderText(value)
              : name          ? IsHeaderName(value)
                              : IsHeaderValue(value);
  if (good) return;
  check.Broken(absl::StrCat("must be a header ", name ? "name" : "value", ", is ", Shown(value)),
               "well_known_regex", name ? "HTTP_HEADER_NAME" : "HTTP_HEADER_VALUE");
}

void CheckWellKnown(const TextCheck& check, const StringRules& rules) {
  const std::string& value = check.value;
  switch (rules.well_known_case()) {
    case StringRules::kEmail:
      return check.Form(IsEmail(value), "an e-mail address", "email");
    case StringRules::kHostname:
      return check.Form(IsHostname(value), "a host name", "hostname");
    case StringRules::kIp:
      return check.Form(IsIpv4(value) || IsIpv6(value), "an IP address", "ip");
    case StringRules::kIpv4:
      return check.Form(IsIpv4(value), "an IPv4 address", "ipv4");
    case StringRules::kIpv6:
      return check.Form(IsIpv6(value), "an IPv6 address", "ipv6");
    case StringRules::kUri:
      return check.Form(IsUri(value), "a URI with a scheme", "uri");
    case StringRules::kUriRef:
      return check.Form(IsUriReference(value), "a URI", "uri_ref");
    case StringRules::kAddress:
      return check.Form(IsIpv4(value) || IsIpv6(value) || IsHostname(value),
                        "a host name or an IP address", "address");
    case StringRules::kUuid:
      return check.Form(IsUuid(value), "a UUID", "uuid");
    case StringRules::kWellKnownRegex:
      return CheckKnownRegex(check, rules);
    case StringRules::WELL_KNOWN_NOT_SET:
      return;
  }
}

}  // namespace

void CheckString(const std::string& value, const StringRules& rules, const FieldScope& scope) {
  if (rules.ignore_empty() && value.empty()) return;
  TextCheck check{value, "string", scope};
  size_t characters = CharacterCount(value);
  check.Length(characters, "characters", rules.min_len(), "min_len");
  check.Length(value.size(), "bytes", rules.min_bytes(), "min_bytes");
  if (rules.has_max_len()) check.LengthMax(characters, "characters", rules.max_len(), "max_len");
  if (rules.has_max_bytes()) check.LengthMax(value.size(), "bytes", rules.max_bytes(), "max_bytes");
  if (rules.has_len()) check.LengthIs(characters, "characters", rules.len(), "len");
  if (rules.has_len_bytes()) check.LengthIs(value.size(), "bytes", rules.len_bytes(), "len_bytes");
  check.Content(rules);
  if (rules.has_not_contains() && absl::StrContains(value, rules.not_contains())) {
    check.Broken(absl::StrCat("must not contain ", Shown(rules.not_contains())), "not_contains",
                 Shown(rules.not_contains()));
  }
  CheckWellKnown(check, rules);
}

void CheckBytes(const std::string& value, const BytesRules& rules, const FieldScope& scope) {
  if (rules.ignore_empty() && value.empty()) return;
  TextCheck check{value, "bytes", scope};
  check.Length(value.size(), "bytes", rules.min_len(), "min_len");
  if (rules.has_max_len()) check.LengthMax(value.size(), "bytes", rules.max_len(), "max_len");
  if (rules.has_len()) check.LengthIs(value.size(), "bytes", rules.len(), "len");
  check.Content(rules);
  switch (rules.well_known_case()) {
    case BytesRules::kIp:
      return check.Form(value.size() == 4 || value.size() == 16, "an IP address", "ip");
    case BytesRules::kIpv4:
      return check.Form(value.size() == 4, "an IPv4 address", "ipv4");
    case BytesRules::kIpv6:
      return check.Form(value.size() == 16, "an IPv6 address", "ipv6");
    case BytesRules::WELL_KNOWN_NOT_SET:
      return;
  }
}

}  // namespace sluice
