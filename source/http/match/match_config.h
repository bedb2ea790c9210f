// Matchers of Envoy's API to values. Main thread; errors go to the scope, and nothing is returned
// where there was one.
#pragma once

#include <memory>
#include <optional>

#include "source/config/field_scope.h"
#include "source/http/match/fraction.h"
#include "source/http/match/header_match.h"
#include "source/http/match/string_match.h"

namespace envoy::config::core::v3 {
class RuntimeFractionalPercent;
}
namespace envoy::config::route::v3 {
class HeaderMatcher;
}
namespace envoy::type::matcher::v3 {
class RegexMatcher;
class StringMatcher;
}  // namespace envoy::type::matcher::v3

namespace sluice {

std::shared_ptr<const re2::RE2> ParseRegexMatcher(
    const envoy::type::matcher::v3::RegexMatcher& matcher, const FieldScope& scope);
std::optional<StringMatch> ParseStringMatch(const envoy::type::matcher::v3::StringMatcher& matcher,
                                            const FieldScope& scope);
std::optional<HeaderMatch> ParseHeaderMatch(const envoy::config::route::v3::HeaderMatcher& matcher,
                                            const FieldScope& scope);
// Not bound to a runtime yet.
std::optional<Fraction> ParseRuntimeFraction(
    const envoy::config::core::v3::RuntimeFractionalPercent& fraction, const FieldScope& scope);

}  // namespace sluice
