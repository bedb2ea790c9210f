#include "source/route/path_match.h"

#include "absl/strings/match.h"
#include "re2/re2.h"

namespace sluice {

bool PathMatch::Matches(absl::string_view path) const {
  const bool exact_case = case_rule == CaseRule::kExact;
  switch (kind) {
    case Kind::kExact:
      return exact_case ? path == text : absl::EqualsIgnoreCase(path, text);
    case Kind::kPrefix:
    case Kind::kSeparatedPrefix:
      if (!(exact_case ? absl::StartsWith(path, text) : absl::StartsWithIgnoreCase(path, text))) {
        return false;
      }
      return kind == Kind::kPrefix || path.size() == text.size() || path[text.size()] == '/';
    case Kind::kRegex:
      return re2::RE2::FullMatch(re2::StringPiece(path.data(), path.size()), *regex);
    case Kind::kConnect:
      break;
  }
  return false;
}

}  // namespace sluice
