#include "source/http/match/string_match.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "re2/re2.h"

namespace sluice {
namespace {

bool SameLetter(char a, char b) {
  return absl::ascii_tolower(static_cast<unsigned char>(a)) ==
         absl::ascii_tolower(static_cast<unsigned char>(b));
}

bool ContainsIgnoringCase(absl::string_view text, absl::string_view part) {
  return std::search(text.begin(), text.end(), part.begin(), part.end(), SameLetter) !=
             text.end() ||
         part.empty();
}

}  // namespace

StringMatch::StringMatch(Kind kind, absl::string_view text, CaseRule case_rule)
    : kind_(kind), case_rule_(case_rule), text_(text) {}

StringMatch::StringMatch(std::shared_ptr<const re2::RE2> regex) : regex_(std::move(regex)) {}

bool StringMatch::Matches(absl::string_view text) const {
  if (regex_ != nullptr) {
    return re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), *regex_);
  }
  const bool exact_case = case_rule_ == CaseRule::kExact;
  switch (kind_) {
    case Kind::kExact:
      return exact_case ? text == text_ : absl::EqualsIgnoreCase(text, text_);
    case Kind::kPrefix:
      return exact_case ? absl::StartsWith(text, text_) : absl::StartsWithIgnoreCase(text, text_);
    case Kind::kSuffix:
      return exact_case ? absl::EndsWith(text, text_) : absl::EndsWithIgnoreCase(text, text_);
    case Kind::kContains:
      return exact_case ? absl::StrContains(text, text_) : ContainsIgnoringCase(text, text_);
  }
  return false;
}

}  // namespace sluice
