// PathMatch: the path_specifier of a RouteMatch as a value, and what it means for one path. The
// route index finds routes by the same meaning without asking each. Const; any thread; allocates
// nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "source/http/match/string_match.h"

namespace sluice {

struct PathMatch {
  enum class Kind : uint8_t {
    kPrefix,
    kExact,
    kSeparatedPrefix,  // the path itself, or the path and a '/' and anything
    kRegex,            // of the whole path
    kConnect,          // CONNECT requests, whatever their path
  };

  Kind kind = Kind::kPrefix;
  std::string text;
  CaseRule case_rule = CaseRule::kExact;
  std::shared_ptr<const re2::RE2> regex;

  // `path` has no query string. Never for kConnect, which is no question of the path.
  bool Matches(absl::string_view path) const;
};

}  // namespace sluice
