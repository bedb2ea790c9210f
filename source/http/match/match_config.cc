#include "source/http/match/match_config.h"

#include <utility>

#include "envoy/config/core/v3/base.pb.h"
#include "envoy/config/route/v3/route_components.pb.h"
#include "envoy/type/matcher/v3/regex.pb.h"
#include "envoy/type/matcher/v3/string.pb.h"
#include "source/config/proto_fields.h"

namespace sluice {

using envoy::config::route::v3::HeaderMatcher;
using envoy::type::matcher::v3::StringMatcher;

std::shared_ptr<const re2::RE2> ParseRegexMatcher(
    const envoy::type::matcher::v3::RegexMatcher& matcher, const FieldScope& scope) {
  return CompileRegex(matcher.regex(), scope.At("regex"));
}

std::optional<StringMatch> ParseStringMatch(const StringMatcher& matcher, const FieldScope& scope) {
  using Kind = StringMatch::Kind;
  const CaseRule rule = matcher.ignore_case() ? CaseRule::kIgnore : CaseRule::kExact;
  switch (matcher.match_pattern_case()) {
    case StringMatcher::kExact:
      return StringMatch(Kind::kExact, matcher.exact(), rule);
    case StringMatcher::kPrefix:
      return StringMatch(Kind::kPrefix, matcher.prefix(), rule);
    case StringMatcher::kSuffix:
      return StringMatch(Kind::kSuffix, matcher.suffix(), rule);
    case StringMatcher::kContains:
      return StringMatch(Kind::kContains, matcher.contains(), rule);
    case StringMatcher::kSafeRegex: {
      auto regex = ParseRegexMatcher(matcher.safe_regex(), scope.At("safe_regex"));
      if (regex == nullptr) return std::nullopt;
      return StringMatch(std::move(regex));
    }
    case StringMatcher::kCustom:
      scope.At("custom").Error("no string matcher extension is built in");
      return std::nullopt;
    case StringMatcher::MATCH_PATTERN_NOT_SET:
      break;
  }
  scope.Error("needs a pattern", "set one of exact, prefix, suffix, contains, safe_regex");
  return std::nullopt;
}

namespace {

using Condition = decltype(HeaderMatch::condition);

std::optional<Condition> ParseCondition(const HeaderMatcher& matcher, const FieldScope& scope) {
  using Kind = StringMatch::Kind;
  const auto text = [](Kind kind, const std::string& pattern) {
    return StringMatch(kind, pattern, CaseRule::kExact);
  };
  switch (matcher.header_match_specifier_case()) {
    case HeaderMatcher::kExactMatch:
      return text(Kind::kExact, matcher.exact_match());
    case HeaderMatcher::kPrefixMatch:
      return text(Kind::kPrefix, matcher.prefix_match());
    case HeaderMatcher::kSuffixMatch:
      return text(Kind::kSuffix, matcher.suffix_match());
    case HeaderMatcher::kContainsMatch:
      return text(Kind::kContains, matcher.contains_match());
    case HeaderMatcher::kSafeRegexMatch: {
      auto regex = ParseRegexMatcher(matcher.safe_regex_match(), scope.At("safe_regex_match"));
      if (regex == nullptr) return std::nullopt;
      return StringMatch(std::move(regex));
    }
    case HeaderMatcher::kStringMatch: {
      auto match = ParseStringMatch(matcher.string_match(), scope.At("string_match"));
      if (!match.has_value()) return std::nullopt;
      return *std::move(match);
    }
    case HeaderMatcher::kRangeMatch:
      return HeaderMatch::Range{matcher.range_match().start(), matcher.range_match().end()};
    case HeaderMatcher::kPresentMatch:
      return HeaderMatch::Presence{matcher.present_match()};
    case HeaderMatcher::HEADER_MATCH_SPECIFIER_NOT_SET:
      break;
  }
  return HeaderMatch::Presence{true};
}

}  // namespace

std::optional<HeaderMatch> ParseHeaderMatch(const HeaderMatcher& matcher, const FieldScope& scope) {
  if (matcher.name().empty()) scope.At("name").Error("is required");
  std::optional<Condition> condition = ParseCondition(matcher, scope);
  if (!condition.has_value() || matcher.name().empty()) return std::nullopt;
  return HeaderMatch{HeaderKey(matcher.name()), *std::move(condition), matcher.invert_match(),
                     matcher.treat_missing_header_as_empty()};
}

std::optional<Fraction> ParseRuntimeFraction(
    const envoy::config::core::v3::RuntimeFractionalPercent& fraction, const FieldScope& scope) {
  if (!fraction.has_default_value()) {
    scope.At("default_value").Error("is required");
    return std::nullopt;
  }
  const FieldScope value_scope = scope.At("default_value");
  const auto parts = ReadPartsPerMillion(fraction.default_value(), value_scope);
  if (!parts.has_value()) return std::nullopt;
  return Fraction{*parts, fraction.runtime_key()};
}

}  // namespace sluice
