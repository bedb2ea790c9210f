// StringMatch: a StringMatcher of envoy.type.matcher.v3 as a value: exact, prefix, suffix, contains
// or a regular expression over the whole text. Const; any thread; matching allocates nothing.
#pragma once

#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace re2 {
class RE2;
}

namespace sluice {

enum class CaseRule : uint8_t { kExact, kIgnore };

class StringMatch {
 public:
  enum class Kind : uint8_t { kExact, kPrefix, kSuffix, kContains };

  StringMatch(Kind kind, absl::string_view text, CaseRule case_rule);
  // `regex` must match the whole text.
  explicit StringMatch(std::shared_ptr<const re2::RE2> regex);

  bool Matches(absl::string_view text) const;

 private:
  Kind kind_ = Kind::kExact;
  CaseRule case_rule_ = CaseRule::kExact;
  std::string text_;
  std::shared_ptr<const re2::RE2> regex_;  // when set, the rest means nothing
};

}  // namespace sluice
