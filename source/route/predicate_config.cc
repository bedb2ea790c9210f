#include "source/route/predicate_config.h"

#include <utility>

#include "absl/strings/match.h"
#include "envoy/config/route/v3/route_components.pb.h"
#include "source/config/proto_fields.h"
#include "source/http/match/match_config.h"

namespace sluice {
namespace {

using envoy::config::route::v3::QueryParameterMatcher;
using ProtoMatch = envoy::config::route::v3::RouteMatch;

// The request's query string is cut off before paths are compared: such a text could never match.
void CheckNoQuery(const std::string& text, const FieldScope& scope) {
  if (text.find_first_of("?#") != std::string::npos) {
    scope.Error("holds '?' or '#', which the compared path never does",
                "match the query string by query_parameters");
  }
}

std::optional<PathMatch> ParsePathMatch(const ProtoMatch& match, const FieldScope& scope) {
  using Kind = PathMatch::Kind;
  const CaseRule rule =
      BoolOr(match, "case_sensitive", true) ? CaseRule::kExact : CaseRule::kIgnore;
  switch (match.path_specifier_case()) {
    case ProtoMatch::kPrefix:
      CheckNoQuery(match.prefix(), scope.At("prefix"));
      return PathMatch{Kind::kPrefix, match.prefix(), rule, nullptr};
    case ProtoMatch::kPath:
      CheckNoQuery(match.path(), scope.At("path"));
      return PathMatch{Kind::kExact, match.path(), rule, nullptr};
    case ProtoMatch::kPathSeparatedPrefix: {
      const FieldScope prefix_scope = scope.At("path_separated_prefix");
      CheckNoQuery(match.path_separated_prefix(), prefix_scope);
      if (match.path_separated_prefix().empty()) prefix_scope.Error("must not be empty");
      if (absl::EndsWith(match.path_separated_prefix(), "/")) {
        prefix_scope.Error("must not end with '/'", "leave it out; the separator is implied");
      }
      return PathMatch{Kind::kSeparatedPrefix, match.path_separated_prefix(), rule, nullptr};
    }
    case ProtoMatch::kSafeRegex: {
      auto regex = ParseRegexMatcher(match.safe_regex(), scope.At("safe_regex"));
      if (regex == nullptr) return std::nullopt;
      return PathMatch{Kind::kRegex, match.safe_regex().regex(), rule, std::move(regex)};
    }
    case ProtoMatch::kConnectMatcher:
      return PathMatch{Kind::kConnect, "", rule, nullptr};
    case ProtoMatch::kPathMatchPolicy:
      scope.At("path_match_policy").Error("no path matcher extension is built in");
      return std::nullopt;
    case ProtoMatch::PATH_SPECIFIER_NOT_SET:
      break;
  }
  scope.Error("needs a path",
              "set one of prefix, path, safe_regex, path_separated_prefix, connect_matcher");
  return std::nullopt;
}

std::optional<QueryMatch> ParseQueryMatch(const QueryParameterMatcher& matcher,
                                          const FieldScope& scope) {
  QueryMatch match;
  match.name = matcher.name();
  if (match.name.empty()) scope.At("name").Error("is required");
  switch (matcher.query_parameter_match_specifier_case()) {
    case QueryParameterMatcher::kStringMatch:
      match.value = ParseStringMatch(matcher.string_match(), scope.At("string_match"));
      if (!match.value.has_value()) return std::nullopt;
      break;
    case QueryParameterMatcher::kPresentMatch:
      match.expected = matcher.present_match();
      break;
    case QueryParameterMatcher::QUERY_PARAMETER_MATCH_SPECIFIER_NOT_SET:
      break;
  }
  return match;
}

}  // namespace

std::optional<RoutePredicate> ParseRoutePredicate(const ProtoMatch& match,
                                                  const FieldScope& scope) {
  const size_t errors_before = scope.errors().size();
  RoutePredicate predicate;
  if (auto path = ParsePathMatch(match, scope)) predicate.path = *std::move(path);
  for (int i = 0; i < match.headers_size(); ++i) {
    auto header = ParseHeaderMatch(match.headers(i), scope.At("headers", i));
    if (header.has_value()) predicate.conditions.headers.push_back(*std::move(header));
  }
  for (int i = 0; i < match.query_parameters_size(); ++i) {
    auto query = ParseQueryMatch(match.query_parameters(i), scope.At("query_parameters", i));
    if (query.has_value()) predicate.conditions.query.push_back(*std::move(query));
  }
  if (match.has_runtime_fraction()) {
    predicate.conditions.fraction =
        ParseRuntimeFraction(match.runtime_fraction(), scope.At("runtime_fraction"));
  }
  predicate.conditions.grpc = match.has_grpc();
  if (scope.errors().size() != errors_before) return std::nullopt;
  return predicate;
}

}  // namespace sluice
