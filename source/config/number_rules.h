#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/repeated_field.h"
#include "source/config/field_scope.h"

namespace sluice {

// "gte" and 5 -> "rule uint32.gte: 5".
template <class T>
std::string RuleName(std::string_view type, std::string_view rule, const T& wanted) {
  return absl::StrCat("rule ", type, ".", rule, ": ", wanted);
}

template <class T>
bool IsIn(const T& value, const google::protobuf::RepeatedField<T>& list) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// True when a lower bound above the upper one turns the range around: outside of it is right.
template <class Rules>
bool IsReversed(const Rules& rules) {
  if (!(rules.has_lt() || rules.has_lte()) || !(rules.has_gt() || rules.has_gte())) return false;
  auto lower = rules.has_gt() ? rules.gt() : rules.gte();
  auto upper = rules.has_lt() ? rules.lt() : rules.lte();
  return lower > upper;
}

// The bounds, lists and constants that the rules of all twelve number types have.
template <class T, class Rules>
void CheckNumber(T value, const Rules& rules, std::string_view type, const FieldScope& scope) {
  if (rules.ignore_empty() && value == T()) return;
  auto broken = [&](std::string_view what, T wanted, std::string_view rule) {
    scope.Error(absl::StrCat("must be ", what, " ", wanted, ", is ", value),
                RuleName(type, rule, wanted));
  };
  bool above =
      (!rules.has_gt() || value > rules.gt()) && (!rules.has_gte() || value >= rules.gte());
  bool below =
      (!rules.has_lt() || value < rules.lt()) && (!rules.has_lte() || value <= rules.lte());
  if (IsReversed(rules) ? above || below : above && below) {
    // In range.
  } else if (!above) {
    rules.has_gt() ? broken("greater than", rules.gt(), "gt")
                   : broken("at least", rules.gte(), "gte");
  } else {
    rules.has_lt() ? broken("less than", rules.lt(), "lt") : broken("at most", rules.lte(), "lte");
  }
  if (rules.has_const_() && value != rules.const_()) broken("exactly", rules.const_(), "const");
  if (rules.in_size() > 0 && !IsIn(value, rules.in())) {
    scope.Error(absl::StrCat("is ", value, ", which is not one of the allowed values"),
                RuleName(type, "in", absl::StrJoin(rules.in(), ", ")));
  }
  if (IsIn(value, rules.not_in())) {
    scope.Error(absl::StrCat("must not be ", value), RuleName(type, "not_in", value));
  }
}

}  // namespace sluice
