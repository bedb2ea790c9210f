#pragma once

#include "google/protobuf/message.h"
#include "source/config/field_scope.h"

namespace sluice {

// Enforces the validate.rules annotations of the API on `message` and all it holds, the content of
// Anys included. Every broken rule is an error at its field, whose hint names the rule:
//   static_resources.clusters[0].name: must not be empty; rule string.min_len: 1
// Types that are not linked are passed over here: the field ledger refuses them. Pure.
void CheckRules(const google::protobuf::Message& message, const FieldScope& scope);

}  // namespace sluice
