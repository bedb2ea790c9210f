#include "source/server/admin/node_match.h"

#include <optional>
#include <string>

#include "google/protobuf/struct.pb.h"
#include "source/http/match/match_config.h"

namespace sluice {
namespace {

using envoy::type::matcher::v3::DoubleMatcher;
using envoy::type::matcher::v3::StructMatcher;
using envoy::type::matcher::v3::ValueMatcher;
using google::protobuf::Struct;
using google::protobuf::Value;

bool MatchesText(const envoy::type::matcher::v3::StringMatcher& matcher, const std::string& text,
                 const FieldScope& scope) {
  const std::optional<StringMatch> match = ParseStringMatch(matcher, scope);
  return match.has_value() && match->Matches(text);
}

bool MatchesNumber(const DoubleMatcher& matcher, double number) {
  if (matcher.has_exact()) return number == matcher.exact();
  return number >= matcher.range().start() && number < matcher.range().end();
}

bool IsPrimitive(const Value& value) {
  return value.kind_case() != Value::KIND_NOT_SET && !value.has_struct_value() &&
         !value.has_list_value();
}

// Looks at all of the matcher, whatever the value is: what is wrong with it is to be found.
bool MatchesValue(const ValueMatcher& matcher, const Value& value, const FieldScope& scope) {
  switch (matcher.match_pattern_case()) {
    case ValueMatcher::kNullMatch:
      return value.has_null_value();
    case ValueMatcher::kDoubleMatch:
      return value.has_number_value() &&
             MatchesNumber(matcher.double_match(), value.number_value());
    case ValueMatcher::kStringMatch: {
      const FieldScope at = scope.At("string_match");
      return MatchesText(matcher.string_match(), value.string_value(), at) &&
             value.has_string_value();
    }
    case ValueMatcher::kBoolMatch:
      return value.has_bool_value() && value.bool_value() == matcher.bool_match();
    case ValueMatcher::kPresentMatch:
      return matcher.present_match() && IsPrimitive(value);
    case ValueMatcher::kListMatch: {
      const FieldScope at = scope.At("list_match.one_of");
      const ValueMatcher& one = matcher.list_match().one_of();
      if (value.list_value().values().empty()) MatchesValue(one, Value(), at);
      bool matches = false;
      for (const Value& entry : value.list_value().values()) {
        matches = matches || MatchesValue(one, entry, at);
      }
      return matches;
    }
    case ValueMatcher::kOrMatch: {
      const FieldScope at = scope.At("or_match");
      bool matches = false;
      for (int i = 0; i < matcher.or_match().value_matchers_size(); ++i) {
        matches |=
            MatchesValue(matcher.or_match().value_matchers(i), value, at.At("value_matchers", i));
      }
      return matches;
    }
    case ValueMatcher::MATCH_PATTERN_NOT_SET:
      break;
  }
  return false;
}

// The value at the end of the path; one without a kind where there is none.
Value Find(const Struct& metadata, const StructMatcher& matcher) {
  const Struct* in = &metadata;
  const Value* found = nullptr;
  for (const StructMatcher::PathSegment& segment : matcher.path()) {
    if (in == nullptr) return Value();
    const auto at = in->fields().find(segment.key());
    if (at == in->fields().end()) return Value();
    found = &at->second;
    in = found->has_struct_value() ? &found->struct_value() : nullptr;
  }
  return found == nullptr ? Value() : *found;
}

}  // namespace

bool MatchesNode(const envoy::type::matcher::v3::NodeMatcher& matcher,
                 const envoy::config::core::v3::Node& node, const FieldScope& scope) {
  bool matches = true;
  if (matcher.has_node_id()) {
    const FieldScope at = scope.At("node_id");
    matches = MatchesText(matcher.node_id(), node.id(), at);
  }
  for (int i = 0; i < matcher.node_metadatas_size(); ++i) {
    const StructMatcher& metadata = matcher.node_metadatas(i);
    const FieldScope at = scope.At("node_metadatas", i);
    const FieldScope at_value = at.At("value");
    matches &= MatchesValue(metadata.value(), Find(node.metadata(), metadata), at_value);
  }
  return matches;
}

}  // namespace sluice
