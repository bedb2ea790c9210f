// HeaderMatch: a HeaderMatcher of envoy.config.route.v3 as a value: one condition on one header,
// all of whose lines count as one, joined by commas. Const; any thread.
//
// Matching allocates nothing, but where several long lines of one name have to be joined.
#pragma once

#include <cstdint>
#include <variant>

#include "source/http/headers.h"
#include "source/http/match/header_key.h"
#include "source/http/match/string_match.h"

namespace sluice {

struct HeaderMatch {
  // The header is there, or is not.
  struct Presence {
    bool expected = true;
  };
  // The value is a decimal number in [start, end).
  struct Range {
    int64_t start = 0;
    int64_t end = 0;
  };

  HeaderKey name;
  std::variant<Presence, Range, StringMatch> condition;
  bool invert = false;
  // A condition on the value of a header that is missing fails, inverted or not, unless this is
  // set.
  bool missing_is_empty = false;

  bool Matches(const Headers& headers) const;

 private:
  bool MatchesValue(absl::string_view value) const;
};

}  // namespace sluice
