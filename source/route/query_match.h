// QueryMatch: a QueryParameterMatcher of envoy.config.route.v3 as a value: a condition on the first
// query parameter of a name, compared as it is written (nothing is percent-decoded). Const; any
// thread.
#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "source/http/match/string_match.h"

namespace sluice {

struct QueryMatch {
  std::string name;
  // Without a condition on the value: whether the parameter has to be there, or must not.
  bool expected = true;
  std::optional<StringMatch> value;

  // `query` is what follows the '?'.
  bool Matches(absl::string_view query) const;
};

// The value of the first parameter of that name; empty when it has no '='.
std::optional<absl::string_view> FindQueryParameter(absl::string_view query,
                                                    absl::string_view name);

}  // namespace sluice
