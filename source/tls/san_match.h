// SanMatch: one wish about a peer's subjectAltName: a type, and what its value must look like. A
// const value; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "source/tls/certificate_names.h"

namespace re2 {
class RE2;
}

namespace sluice {

enum class SanText : uint8_t { kExact, kPrefix, kSuffix, kContains, kRegex };
enum class SanCase : uint8_t { kCounts, kIgnored };

struct SanMatch {
  SanType type = SanType::kDns;
  SanText how = SanText::kExact;
  SanCase letter_case = SanCase::kCounts;
  std::string text;
  std::shared_ptr<const re2::RE2> regex;
  std::string oid;  // of another name

  bool Matches(const SubjectAltName& name) const;
};

// RFC 6125 section 6.4: whether a certificate for `pattern` is one for `name`. A "*" stands for one
// whole leftmost label. ASCII case does not count.
bool DnsNameMatches(absl::string_view pattern, absl::string_view name);

// Whether a certificate with this name is one for `wanted`: a DNS name, an IP address or a URI.
bool NameIsFor(const SubjectAltName& name, absl::string_view wanted);

}  // namespace sluice
