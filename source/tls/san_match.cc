#include "source/tls/san_match.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "re2/re2.h"

namespace sluice {

bool DnsNameMatches(absl::string_view pattern, absl::string_view name) {
  if (absl::EqualsIgnoreCase(pattern, name)) return true;
  if (!absl::StartsWith(pattern, "*.") || pattern.size() < 3) return false;
  const size_t dot = name.find('.');
  if (dot == absl::string_view::npos || dot == 0) return false;
  return absl::EqualsIgnoreCase(pattern.substr(1), name.substr(dot));
}

bool NameIsFor(const SubjectAltName& name, absl::string_view wanted) {
  switch (name.type) {
    case SanType::kDns:
      return DnsNameMatches(name.value, wanted);
    case SanType::kUri:
    case SanType::kIpAddress:
      return name.value == wanted;
    default:
      return false;
  }
}

bool SanMatch::Matches(const SubjectAltName& name) const {
  if (name.type != type || (type == SanType::kOtherName && name.oid != oid)) return false;
  if (how == SanText::kRegex) return regex != nullptr && re2::RE2::FullMatch(name.value, *regex);
  if (how == SanText::kExact && type == SanType::kDns) return DnsNameMatches(name.value, text);
  const bool ignore = letter_case == SanCase::kIgnored;
  switch (how) {
    case SanText::kExact:
      return ignore ? absl::EqualsIgnoreCase(name.value, text) : name.value == text;
    case SanText::kPrefix:
      return ignore ? absl::StartsWithIgnoreCase(name.value, text)
                    : absl::StartsWith(name.value, text);
    case SanText::kSuffix:
      return ignore ? absl::EndsWithIgnoreCase(name.value, text) : absl::EndsWith(name.value, text);
    case SanText::kContains:
      return ignore
                 ? absl::StrContains(absl::AsciiStrToLower(name.value), absl::AsciiStrToLower(text))
                 : absl::StrContains(name.value, text);
    case SanText::kRegex:
      break;
  }
  return false;
}

}  // namespace sluice
